import { createHash } from 'node:crypto';
import * as v from 'valibot';
import {
  type Checkpoint,
  openCheckpoint,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from '../checkpoints/index.ts';
import { FORMAT } from '../checkpoints/model-file.ts';
import { storedArray } from '../checkpoints/stored-tensor.ts';
import type { NamedArrays, Snapshot } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { problemOf } from '../io/config.ts';
import { presentNames, type RunConfig } from './run-config.ts';

/** The version of a checkpoint's record of its run. */
const VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const progressSchema = v.object({
  step: count,
  epoch: count,
  batch: count,
  seed: v.pipe(v.number(), v.integer()),
  seconds: v.pipe(v.number(), v.minValue(0)),
  best: v.nullable(v.object({ metric: v.string(), value: v.number(), step: count })),
  sums: v.optional(v.record(v.string(), v.record(v.string(), v.number())), {}),
});
const runSchema = v.object({ progress: progressSchema, config: v.record(v.string(), v.unknown()) });

/** The progress of a run. */
export interface RunProgress {
  /** Steps taken. */
  readonly step: number;
  /** Finished epochs. */
  readonly epoch: number;
  /** Finished batches of the current epoch. */
  readonly batch: number;
  readonly seed: number;
  /** The time spent so far, without interruptions. */
  readonly seconds: number;
  /** The best evaluation so far, if there is one. */
  readonly best: { readonly metric: string; readonly value: number; readonly step: number } | null;
  /** Sums for the log, by what they are summed over and by name. */
  readonly sums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Everything a run needs to resume as if it had never stopped. */
export interface RunCheckpoint {
  readonly state: Snapshot;
  readonly progress: RunProgress;
  readonly config: RunConfig;
  /** What makes the weights a model: its configuration, and the shapes of its tensors by name. */
  readonly model: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly shapes: Readonly<Record<string, readonly number[]>>;
  };
}

/** The prefix of tensors that only training needs: weights beside their average, and the optimizer's state. */
const [RAW, OPTIMIZER] = ['run/weights/', 'run/optimiser/'];

/**
 * Writes a run's checkpoint, which also loads as a model file: it has the weights, or their moving average if there is
 * one, under their own names. Whatever else a run needs is in the flat tensors `run/…` and in `run` of the metadata.
 * The file is written whole or not at all, even if the process is killed or power is lost.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeRunCheckpoint(
  file: string,
  { state, progress, config, model }: RunCheckpoint,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  const add = (prefix: string, arrays: NamedArrays, shapes: RunCheckpoint['model']['shapes'] = {}) => {
    for (const [name, array] of Object.entries(arrays)) {
      tensors.set(prefix + name, storedArray('F32', shapes[name] ?? [array.length], array));
    }
  };
  add('', state.average ?? state.weights, model.shapes);
  if (state.average) add(RAW, state.weights);
  add(OPTIMIZER, state.optimizer);
  const metadata = {
    format: FORMAT,
    config: JSON.stringify(model.config),
    run: JSON.stringify({ version: VERSION, progress, config }),
  };
  await writeSafetensors(file, tensors, { ...metadata, checksum: checksum(tensors, metadata) });
}

/** A checksum over everything in a checkpoint, independent of the order in the file. */
function checksum(
  tensors: ReadonlyMap<string, StoredTensor>,
  { config, run }: Readonly<Record<string, string>>,
): string {
  const hash = createHash('sha256').update(`${config}\n${run}\n`);
  for (const [name, { dtype, shape, bytes }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${dtype} ${shape}\n`).update(bytes());
  }
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Reads a run's checkpoint.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, or BAD_CHECKPOINT when it is damaged or not a run's checkpoint
 */
export async function readRunCheckpoint(file: string): Promise<RunCheckpoint> {
  const checkpoint = await openCheckpoint(file);
  try {
    const run = readRun(checkpoint);
    checkSum(checkpoint);
    return { ...run, ...readTensors(checkpoint) };
  } finally {
    checkpoint.close();
  }
}

/**
 * Reads the configuration that a run was started with from its checkpoint.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, BAD_CHECKPOINT
 */
export async function readRunConfig(file: string): Promise<RunConfig> {
  const checkpoint = await openCheckpoint(file);
  try {
    return readRun(checkpoint).config;
  } finally {
    checkpoint.close();
  }
}

const damaged = (file: string, problem: string): ResnetCocoError =>
  new ResnetCocoError('BAD_CHECKPOINT', `${file}: ${problem}`);

function parseJson(file: string, what: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw damaged(file, `${what} is not JSON: ${(error as Error).message}`);
  }
}

function readRun({ file, metadata: { format, run } }: Checkpoint): Pick<RunCheckpoint, 'progress' | 'config'> {
  if (format !== FORMAT || run === undefined) {
    throw damaged(file, 'not a checkpoint of a training run; to start from the weights of a model, start a new run');
  }
  const value = parseJson(file, 'its record of the run', run);
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== VERSION) {
    throw damaged(
      file,
      `a checkpoint of version ${version}; this release reads only version ${VERSION}; use the newest release`,
    );
  }
  const parsed = v.safeParse(runSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw damaged(file, `its record of the run is wrong: ${v.getDotPath(issue) ?? 'all of it'}: ${problemOf(issue)}`);
  }
  const { progress, config } = parsed.output;
  return { progress, config: presentNames(config) as RunConfig };
}

/** @throws ResnetCocoError BAD_CHECKPOINT when its checksum is wrong. Checkpoints of older releases have none. */
function checkSum({ file, metadata, tensors }: Checkpoint): void {
  if (metadata.checksum === undefined || metadata.checksum === checksum(tensors, metadata)) return;
  throw damaged(file, 'damaged: its checksum does not match its contents');
}

function readTensors({ file, metadata, tensors }: Checkpoint): Pick<RunCheckpoint, 'state' | 'model'> {
  const weights: Record<string, Float32Array> = {};
  const raw: Record<string, Float32Array> = {};
  const optimizer: Record<string, Float32Array> = {};
  const shapes: Record<string, readonly number[]> = {};
  for (const [path, tensor] of tensors) {
    if (tensor.dtype !== 'F32') throw damaged(file, `tensor ${path} is ${tensor.dtype}, not F32`);
    if (path.startsWith(RAW)) raw[path.slice(RAW.length)] = toFloat32(tensor);
    else if (path.startsWith(OPTIMIZER)) optimizer[path.slice(OPTIMIZER.length)] = toFloat32(tensor);
    else {
      weights[path] = toFloat32(tensor);
      shapes[path] = tensor.shape;
    }
  }
  const config = parseJson(file, 'its config', metadata.config ?? '{}') as RunCheckpoint['model']['config'];
  const isAveraged = Object.keys(raw).length > 0;
  const state = isAveraged ? { weights: raw, average: weights, optimizer } : { weights, optimizer };
  return { state, model: { config, shapes } };
}
