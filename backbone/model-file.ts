import { existsSync } from 'node:fs';
import { basename, sep } from 'node:path';
import type { HostTensor, Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { embeddedModels } from './embedded-models.ts';
import { checkShapes } from './infer-classifier.ts';
import {
  type Checkpoint,
  type FetchOptions,
  fetchModel,
  findModel,
  isModelName,
  openCheckpoint,
  toFloat32,
} from './weights/index.ts';

/** What a model file's metadata calls the format of its `config`. */
export const FORMAT = 'resnet-coco';

/** A checkpoint and what is known of its architecture. */
export interface ModelFile {
  readonly checkpoint: Checkpoint;
  /** From the file's metadata, or from the list of known models; unchecked. */
  readonly config: unknown;
}

/**
 * Opens a model by path, by the name of one that comes with the package, or of a known one, which is fetched on first use.
 *
 * @throws ResnetCocoError UNKNOWN_MODEL, FILE_NOT_FOUND, BAD_CHECKPOINT, UNSAFE_CHECKPOINT, DOWNLOAD_FAILED
 */
export async function openModel(nameOrPath: string, options: FetchOptions = {}): Promise<ModelFile> {
  const embedded = existsSync(nameOrPath) ? undefined : embeddedModels().get(nameOrPath);
  if (embedded !== undefined) return withOwnConfig(await openCheckpoint(embedded));
  const record = isPath(nameOrPath) ? undefined : findModel(nameOrPath);
  if (!record) return withOwnConfig(await openCheckpoint(nameOrPath));
  return { checkpoint: await openCheckpoint(await fetchModel(nameOrPath, options)), config: record.config };
}

/** What is no known model's name but has a folder or an extension is a path; a file of that name comes first. */
function isPath(nameOrPath: string): boolean {
  if (existsSync(nameOrPath)) return true;
  if (isModelName(nameOrPath)) return false;
  return nameOrPath.includes('/') || nameOrPath.includes(sep) || basename(nameOrPath).includes('.');
}

function withOwnConfig(checkpoint: Checkpoint): ModelFile {
  const { config, format } = checkpoint.metadata;
  if (format !== FORMAT || config === undefined) return { checkpoint, config: undefined };
  try {
    return { checkpoint, config: JSON.parse(config) };
  } catch (error) {
    throw new ResnetCocoError('BAD_CONFIG', `${checkpoint.file}: its config is not JSON: ${(error as Error).message}`);
  }
}

export const shapesOf = (checkpoint: Checkpoint): Map<string, readonly number[]> =>
  new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape]));

/**
 * Reads the tensors that an architecture needs, as single precision.
 *
 * @param stored the name in the checkpoint of a tensor, where it goes by another
 * @throws ResnetCocoError BAD_MODEL, naming what is missing or of another shape
 */
export function readWeights(
  checkpoint: Checkpoint,
  needed: Readonly<Record<string, readonly number[]>>,
  architecture: string,
  stored: ReadonlyMap<string, string> = new Map(),
): Weights {
  const shapes = shapesOf(checkpoint);
  for (const [name, original] of stored) shapes.set(name, shapes.get(original)!);
  checkShapes(shapes, needed, checkpoint.file, architecture);
  const weights: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(needed)) {
    weights[name] = { shape, data: toFloat32(checkpoint.tensors.get(stored.get(name) ?? name)!) };
  }
  return weights;
}
