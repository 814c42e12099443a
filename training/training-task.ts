import type { Engine, NamedArrays, Snapshot, TrainingOptions, Weights } from '../engine/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import { type OptionKinds, pathArgument } from '../io/options.ts';
import type { OptimizationSettings } from './optimization-options.ts';
import type { RunCheckpoint } from './run-checkpoint.ts';
import type { RunSetting } from './run-config.ts';
import type { RunData } from './run-data.ts';
import type { RunFiles } from './run-folder.ts';

/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>;

/** Options of every training. */
export interface RunOptions {
  readonly engine: Engine;
  /** The folder for checkpoints, the log and the model: a path or a `file:` URL. */
  readonly folder: string | URL;
  /** Whether to resume the run in the folder. */
  readonly resume?: boolean;
  /** The initial model: a known model, such as `resnet50`, or a model file. */
  readonly init?: string | URL;
  /** Threads that make batches. The result does not depend on their number. */
  readonly workers?: number;
  /** Minutes between checkpoints within an epoch. Default 5. One is always written after each epoch. */
  readonly checkpointMinutes?: number;
  /**
   * Ends the run once this many epochs have passed since the best evaluation. A resumed run may have another number.
   */
  readonly patience?: number;
  /**
   * Ends the run before it has taken this many seconds in all: no epoch is started that would not end in time. If the
   * time is up within an epoch all the same, the run ends there. A resumed run may have another number.
   */
  readonly seconds?: number;
  /** The command line of the run, stored with it. */
  readonly command?: RunSetting;
  /** After an abort the current step is finished, everything is saved, and the call returns. */
  readonly signal?: AbortSignal;
  /** Receives notes for the user. */
  readonly onNote?: (text: string) => void;
  /** Called for each image that cannot be read. Others take its place. */
  readonly onProblem?: (error: ResnetCocoError) => void;
}

export const runOptionKinds: OptionKinds<RunOptions> = {
  engine: 'object',
  folder: 'path',
  resume: 'boolean',
  init: 'path',
  workers: 'number',
  checkpointMinutes: 'number',
  patience: 'number',
  seconds: 'number',
  command: 'checked',
  signal: 'signal',
  onNote: 'function',
  onProblem: 'function',
};

/** Options of a training whose paths are plain. */
export type PlainPaths<O extends RunOptions = RunOptions> = Omit<O, 'folder' | 'init'> & {
  readonly folder: string;
  readonly init?: string;
};

/** @param call what was called, for errors */
export function withPlainPaths<O extends RunOptions>(call: string, { folder, init, ...others }: O): PlainPaths<O> {
  return {
    ...others,
    folder: pathArgument(call, '`folder`', folder),
    ...(init === undefined ? {} : { init: pathArgument(call, '`init`', init) }),
  };
}

/** Why a run ends before its last epoch: nothing better was found for long, or the time is up. */
export type EarlyEnd = 'patience' | 'time';

/** The result of a run. V: the values of an evaluation. */
export interface RunSummary<V> {
  readonly interrupted: boolean;
  /** Why the run ended before its last epoch; absent if it did not. */
  readonly ended?: EarlyEnd;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  /** The best evaluation. Absent before the first one. */
  readonly best?: V & { readonly epoch: number };
  readonly files: RunFiles;
}

/** The progress of a training after a step. */
export interface LoopState {
  /** The current epoch, from 1 on, and the number of epochs. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps taken, and the number of steps. */
  readonly step: number;
  readonly steps: number;
}

/** The result of a step. */
export interface StepOutcome {
  readonly images: number;
  /** Means over its images. `loss` is minimized. If it is not finite, no step was taken. */
  readonly means: Numbers & { readonly loss: number };
  /** The norm before clipping. Only if gradients are clipped. */
  readonly gradientNorm?: number | undefined;
}

/** Trains weights on an engine. B: the batch of a step. */
export interface Trainer<B> {
  train(batch: B, learningRate: number): Promise<StepOutcome>;
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
}

/** Initial weights, and where they come from. */
export interface StartWeights {
  readonly weights: Weights;
  /** A note for the user; undefined if all weights are new. */
  readonly note?: string;
}

/**
 * What one kind of training does differently from another. `runTraining` does the rest. B: the batch of a step; V: the
 * values of an evaluation.
 */
export interface TrainingTask<B, V extends Numbers> {
  /** Checked settings. They are stored with the run. */
  readonly settings: OptimizationSettings;
  /** The model's configuration without its provenance, and the shapes of its tensors. */
  readonly model: RunCheckpoint['model'];
  /** What else is stored with the run: its training data, its evaluation data, and their fingerprints. */
  readonly data: {
    readonly dataset: object;
    readonly evaluated_on: object | undefined;
    readonly fingerprints: () => Promise<RunData>;
    /** Options that change the result. */
    readonly options?: Readonly<Record<string, unknown>>;
  };
  /** A description of the model and the data for the user. */
  readonly description: string;
  /** @param init the initial model; undefined for new weights or a resumed run */
  readonly startWeights: (init: string | undefined) => Promise<StartWeights>;
  readonly createTrainer: (weights: Weights, options: TrainingOptions) => Promise<Trainer<B>>;
  /** The steps of an epoch. */
  readonly steps: number;
  /** The batches of an epoch, from one of them on. */
  readonly batches: (epoch: number, from: number) => AsyncIterable<B>;
  /** The means that are logged for an epoch as a whole. */
  readonly epochMeans: readonly string[];
  /** The metric of an evaluation. */
  readonly metric: keyof V & string;
  /** Evaluates the weights; undefined if the signal ended it. Without this method nothing is evaluated. */
  readonly validate?: ((weights: Weights, at: LoopState) => Promise<V | undefined>) | undefined;
  /** Further values of the last evaluation, which are logged only, such as those of each category. */
  readonly alsoLogged?: (() => Numbers) | undefined;
  readonly onStep: (state: LoopState, means: (name: string) => number) => void;
  readonly onEpoch: (
    state: LoopState,
    means: (name: string) => number,
    evaluated: { readonly validation?: V; readonly isBest: boolean },
  ) => void | Promise<void>;
  /** Closes its loaders. */
  readonly close: () => Promise<void>;
}

/** Arrays by name as weights with their shapes. */
export const shapedWeights = (arrays: NamedArrays, shapes: RunCheckpoint['model']['shapes']): Weights =>
  Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: shapes[name], data }]));
