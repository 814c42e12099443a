import type { Engine, NamedArrays, Snapshot, TrainingOptions, Weights } from '../engine/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import type { OptionKinds } from '../io/options.ts';
import type { OptimizationSettings } from './optimization-options.ts';
import type { RunCheckpoint } from './run-checkpoint.ts';
import type { RunSetting } from './run-config.ts';
import type { RunData } from './run-data.ts';
import type { RunFiles } from './run-folder.ts';

/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>;

/** Options of every training, whatever is trained. */
export interface RunOptions {
  readonly engine: Engine;
  /** Where checkpoints, the log and the model go. */
  readonly folder: string;
  /** Go on with the run in the folder. */
  readonly resume?: boolean;
  /** A known model or a model file to begin from, such as `resnet50`. */
  readonly init?: string;
  /** Threads that make batches; what comes out does not depend on their number. */
  readonly workers?: number;
  /** From one checkpoint to the next within an epoch; 5 by default. One is written after each epoch in any case. */
  readonly checkpointMinutes?: number;
  /** How the run was called, to be kept with it. */
  readonly command?: RunSetting;
  /** Once aborted, the step under way is finished, everything is saved, and the call returns. */
  readonly signal?: AbortSignal;
  /** Told what a person should know. */
  readonly onNote?: (text: string) => void;
  /** Told of each image that cannot be read; others take its place. */
  readonly onProblem?: (error: ResnetCocoError) => void;
}

export const runOptionKinds: OptionKinds<RunOptions> = {
  engine: 'object',
  folder: 'text',
  resume: 'boolean',
  init: 'text',
  workers: 'number',
  checkpointMinutes: 'number',
  command: 'checked',
  signal: 'signal',
  onNote: 'function',
  onProblem: 'function',
};

/** What came of a run. V: what an evaluation measures. */
export interface RunSummary<V> {
  readonly interrupted: boolean;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  /** The best evaluation; absent before there is one. */
  readonly best?: V & { readonly epoch: number };
  readonly files: RunFiles;
}

/** How training goes at a step. */
export interface LoopState {
  /** The epoch under way, from 1 on, and how many there are. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, and how many there are. */
  readonly step: number;
  readonly steps: number;
}

/** What a step gave. */
export interface StepOutcome {
  readonly images: number;
  /** Means over its images, of which `loss` is made small; where it is not finite, no step was taken. */
  readonly means: Numbers & { readonly loss: number };
  /** Before clipping; only where gradients are clipped. */
  readonly gradientNorm?: number | undefined;
}

/** Weights on an engine that learn. B: what a step takes. */
export interface Trainer<B> {
  train(batch: B, learningRate: number): Promise<StepOutcome>;
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
}

/** Weights to begin with, and where they come from. */
export interface StartWeights {
  readonly weights: Weights;
  /** What a person should know of it; undefined where all is new. */
  readonly note?: string;
}

/**
 * What tells one kind of training from another: `runTraining` does all else. B: what a step takes; V: what an evaluation
 * measures.
 */
export interface TrainingTask<B, V extends Numbers> {
  /** Checked; kept with the run. */
  readonly settings: OptimizationSettings;
  /** The model's configuration, without its provenance, and its tensors' shapes. */
  readonly model: RunCheckpoint['model'];
  /** What else is kept with the run: what it learns from, what it is evaluated on, and by what both are known again. */
  readonly data: {
    readonly dataset: object;
    readonly evaluated_on: object | undefined;
    readonly fingerprints: () => Promise<RunData>;
    /** Options that change what comes out. */
    readonly options?: Readonly<Record<string, unknown>>;
  };
  /** What is trained on what, in words, once it begins. */
  readonly description: string;
  /** @param init a known model or a model file to begin from; undefined where all is new, or a run is resumed */
  readonly startWeights: (init: string | undefined) => Promise<StartWeights>;
  readonly createTrainer: (weights: Weights, options: TrainingOptions) => Promise<Trainer<B>>;
  /** Of an epoch. */
  readonly steps: number;
  /** What the steps of an epoch take, from one of them on. */
  readonly batches: (epoch: number, from: number) => AsyncIterable<B>;
  /** Means that are logged of an epoch as a whole. */
  readonly epochMeans: readonly string[];
  /** What an evaluation is judged by. */
  readonly metric: keyof V & string;
  /** Undefined where the signal ended it. Without it nothing is evaluated. */
  readonly validate?: ((weights: Weights, at: LoopState) => Promise<V | undefined>) | undefined;
  readonly onStep: (state: LoopState, means: (name: string) => number) => void;
  readonly onEpoch: (
    state: LoopState,
    means: (name: string) => number,
    evaluated: { readonly validation?: V; readonly isBest: boolean },
  ) => void | Promise<void>;
  /** Ends its loaders. */
  readonly close: () => Promise<void>;
}

/** Arrays by name as weights of their shapes. */
export const shapedWeights = (arrays: NamedArrays, shapes: RunCheckpoint['model']['shapes']): Weights =>
  Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: shapes[name], data }]));
