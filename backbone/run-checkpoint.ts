import * as v from 'valibot';
import type { Snapshot } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import type { RunConfig } from './run-config.ts';
import { type Checkpoint, openCheckpoint, type StoredTensor, toFloat32, writeSafetensors } from './weights/index.ts';

/** What a checkpoint's metadata calls its format, and the version of that. */
const FORMAT = 'resnet-coco-run';
const VERSION = '1';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const progressSchema = v.object({
  step: count,
  epoch: count,
  batch: count,
  seed: v.pipe(v.number(), v.integer()),
  seconds: v.pipe(v.number(), v.minValue(0)),
  best: v.nullable(v.object({ metric: v.string(), value: v.number(), step: count })),
});
const runSchema = v.object({ progress: progressSchema, config: v.record(v.string(), v.unknown()) });

/** How far a run has come. */
export interface RunProgress {
  /** Steps done. */
  readonly step: number;
  /** Whole epochs done. */
  readonly epoch: number;
  /** Batches done of the epoch after those. */
  readonly batch: number;
  readonly seed: number;
  /** Time spent on it so far, interruptions left out. */
  readonly seconds: number;
  /** The best evaluation, once there is one. */
  readonly best: { readonly metric: string; readonly value: number; readonly step: number } | null;
}

/** All that a run needs to go on as if it had never stopped. */
export interface RunCheckpoint {
  readonly state: Snapshot;
  readonly progress: RunProgress;
  readonly config: RunConfig;
}

/**
 * Writes a run's checkpoint: a safetensors file with tensors `weights/NAME`, `average/NAME` and `optimiser/NAME`, flat,
 * and everything else in its metadata. Whole or not at all, even if the process is killed or power is lost.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeRunCheckpoint(file: string, { state, progress, config }: RunCheckpoint): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  const { weights, average = {}, optimiser } = state;
  for (const [part, arrays] of Object.entries({ weights, average, optimiser })) {
    for (const [name, array] of Object.entries(arrays)) tensors.set(`${part}/${name}`, stored(array));
  }
  await writeSafetensors(file, tensors, {
    format: FORMAT,
    version: VERSION,
    run: JSON.stringify({ progress, config }),
  });
}

const stored = (array: Float32Array): StoredTensor => ({
  dtype: 'F32',
  shape: [array.length],
  bytes: () => new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
});

/**
 * Reads a run's checkpoint.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, or BAD_CHECKPOINT where it is damaged or something else
 */
export async function readRunCheckpoint(file: string): Promise<RunCheckpoint> {
  const checkpoint = await openCheckpoint(file);
  try {
    return { ...readRun(checkpoint), state: readState(checkpoint) };
  } finally {
    checkpoint.close();
  }
}

const damaged = (file: string, problem: string): ResnetCocoError =>
  new ResnetCocoError('BAD_CHECKPOINT', `${file}: ${problem}`);

function readRun({ file, metadata: { format, version, run = '' } }: Checkpoint): Omit<RunCheckpoint, 'state'> {
  if (format !== FORMAT) {
    throw damaged(file, 'not a checkpoint of a training run; to begin from the weights of a model, begin a new run');
  }
  if (version !== VERSION) {
    throw damaged(file, `a checkpoint of format ${version}, of which only ${VERSION} is known; use the newest release`);
  }
  let value: unknown;
  try {
    value = JSON.parse(run);
  } catch (error) {
    throw damaged(file, `what it says of the run is not JSON: ${(error as Error).message}`);
  }
  const parsed = v.safeParse(runSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw damaged(file, `what it says of the run is wrong: ${v.getDotPath(issue) ?? 'all of it'}: ${issue.message}`);
  }
  const { progress, config } = parsed.output;
  return { progress, config: config as RunConfig };
}

function readState({ file, tensors }: Checkpoint): Snapshot {
  const parts: Record<string, [name: string, array: Float32Array][]> = { weights: [], average: [], optimiser: [] };
  for (const [path, tensor] of tensors) {
    const slash = path.indexOf('/');
    const part = path.slice(0, slash);
    if (!Object.hasOwn(parts, part)) throw damaged(file, `tensor ${path} is of no known part of a run`);
    if (tensor.dtype !== 'F32') throw damaged(file, `tensor ${path} is ${tensor.dtype}, not F32`);
    parts[part].push([path.slice(slash + 1), toFloat32(tensor)]);
  }
  const { weights, average, optimiser } = parts;
  const state = { weights: Object.fromEntries(weights), optimiser: Object.fromEntries(optimiser) };
  return average.length ? { ...state, average: Object.fromEntries(average) } : state;
}
