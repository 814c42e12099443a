import { existsSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import type { HostTensor, Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { type FetchOptions, fetchOptionKinds } from '../io/download/download.ts';
import { structureProblem } from '../io/json/json-keys.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../io/options.ts';
import { isFolder } from '../io/regular-file.ts';
import { describeAside, isOfUsedHead, namesAside, TRAINING_STATE } from './aside.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import type { Dialect } from './dialects/dialect.ts';
import { readableDialect, unreadModel } from './dialects/table.ts';
import { embeddedModels } from './embedded-models.ts';
import { fetchWeights } from './fetch-model.ts';
import { numberProblem } from './finite.ts';
import { checkFit, listNames } from './fit.ts';
import { fetchHubModel } from './hub/fetch-hub-model.ts';
import { hubNameMeant, isHubName } from './hub/hub-name.ts';
import type { ModelDescription } from './hub/model-description.ts';
import { readBeside } from './hub/read-beside.ts';
import { dequantized } from './int8-weights.ts';
import { findModel, isModelName } from './known-models.ts';
import { modelFolder, WEIGHT_FILES } from './model-folder.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { toFloat32 } from './to-float32.ts';

/** The `format` in a model file's metadata. */
export const FORMAT = 'resnet-coco';

/** A checkpoint and what is known about its architecture. */
export interface ModelFile {
  /** Its tensors have this toolkit's names, whatever the names in the file. */
  readonly checkpoint: Checkpoint;
  /** The dialect of the file's names; undefined if no readable dialect has such names. */
  readonly dialect: Dialect | undefined;
  /** Settings that the dialect tells besides the shapes of its tensors, where it is not torchvision's. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** The configuration from the file's metadata or the list of known models. Not checked yet. */
  readonly config: unknown;
  /** The file that `config` comes from, for errors; undefined if it is the checkpoint. */
  readonly configFile?: string | undefined;
  /** What timm's or transformers' files beside the weights say, where there is no `config`. */
  readonly description?: ModelDescription | undefined;
  /** What a user should know of the files that it was read from. */
  readonly notes: readonly string[];
}

/** Settings of `openModel`. */
export interface OpenModelOptions extends FetchOptions {
  /** Receives notes about the file, such as a stripped prefix or unused entries, and about its download. */
  readonly onNote?: (note: string) => void;
}

export const openModelKinds: OptionKinds<OpenModelOptions> = fetchOptionKinds;

/**
 * Opens a model by path or `file:` URL of a file or of a folder as the Hugging Face hub lays it out, by the name of one
 * that comes with the package, or of a known one or one on the hub (`hf:owner/name[@revision][/file]`), which is fetched
 * on first use. Tells the dialect of its tensors' names, which are renamed to those of here.
 *
 * @throws ResnetCocoError USAGE for what is no name or path, or an unknown option; UNKNOWN_MODEL, FILE_NOT_FOUND,
 *   BAD_CHECKPOINT, UNSAFE_CHECKPOINT, BAD_MODEL, BAD_CONFIG, DOWNLOAD_FAILED
 */
export async function openModel(nameOrPath: string | URL, options: OpenModelOptions = {}): Promise<ModelFile> {
  checkOptions('openModel', options, openModelKinds);
  return await openModelFile('openModel', nameOrPath, options);
}

/** `openModel` by options among which others may be. @param call what was called, for errors */
export async function openModelFile(
  call: string,
  nameOrPath: string | URL,
  options: OpenModelOptions = {},
): Promise<ModelFile> {
  const model = await openNamed(pathArgument(call, 'the model', nameOrPath), options);
  const note = options.onNote && noteOf(model);
  if (note !== undefined) options.onNote?.(note);
  for (const other of [...model.notes, ...(model.description?.notes ?? [])]) options.onNote?.(other);
  return model;
}

async function openNamed(nameOrPath: string, options: FetchOptions): Promise<ModelFile> {
  if (isHubName(nameOrPath)) {
    const weights = await fetchHubModel(nameOrPath, options);
    return await openFolder(dirname(weights), weights);
  }
  const embedded = existsSync(nameOrPath) ? undefined : embeddedModels().get(nameOrPath);
  const record = embedded !== undefined || isPath(nameOrPath) ? undefined : findModel(nameOrPath);
  const path = record ? await fetchWeights(record, options) : (embedded ?? nameOrPath);
  refuseUnprefixed(path);
  if (isFolder(path)) return await openFolder(path);
  // A file with one of the hub's names is described by what lies beside it, too.
  return await openFile(path, record?.config, WEIGHT_FILES.includes(basename(path)) && !record ? 'hub' : 'nothing');
}

/** @throws ResnetCocoError FILE_NOT_FOUND for what is no file, but may be the name of a model on the hub */
function refuseUnprefixed(path: string): void {
  const meant = existsSync(path) ? undefined : hubNameMeant(path);
  if (meant === undefined) return;
  const problem = `no such file; if you mean the model of that name on the Hugging Face hub, write ${meant}`;
  throw new ResnetCocoError('FILE_NOT_FOUND', `${path}: ${problem}`);
}

/**
 * Opens the model in a folder, as the Hugging Face hub or a training run lays it out.
 *
 * @param weights the weight file in it, if it is known
 * @throws ResnetCocoError as `openModel` does; FILE_NOT_FOUND for a folder with no weights, or with several files
 */
export async function openFolder(folder: string, weights?: string): Promise<ModelFile> {
  const files = weights === undefined ? await modelFolder(folder) : { weights, others: [] };
  const { others } = files;
  const model = await openFile(files.weights, undefined, 'all');
  if (!others.length) return model;
  const note = `${folder}: reads ${basename(files.weights)}, not ${listNames(others)}`;
  return { ...model, notes: [note, ...model.notes] };
}

/** @param reads what counts of the files beside it, if it has no configuration itself: those of the hub, or ours too */
async function openFile(file: string, known: unknown, reads: 'nothing' | 'hub' | 'all'): Promise<ModelFile> {
  const checkpoint = await openCheckpoint(file);
  try {
    const config = known ?? ownConfig(checkpoint);
    const whole = isQuantized(config) ? dequantized(checkpoint) : checkpoint;
    const dialect = readableDialect(shapesOf(whole));
    const opened = { ...translated(whole, dialect), dialect };
    if (config !== undefined || reads === 'nothing') return { ...opened, config, notes: [] };
    const { config: ours, description, ...beside } = await readBeside(dirname(file));
    if (reads === 'all') return { ...opened, config: ours, description, ...beside };
    return { ...opened, config: undefined, description, notes: description ? beside.notes : [] };
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

/** The checkpoint as this toolkit has it, and settings that its dialect tells. */
function translated(checkpoint: Checkpoint, dialect: Dialect | undefined): Pick<ModelFile, 'checkpoint' | 'settings'> {
  if (!dialect?.translate) return { checkpoint: renamed(checkpoint, dialect) };
  const { entries = new Map(), file, tensors: stored } = checkpoint;
  const { settings, tensors, unread } = dialect.translate({ entries, tensors: stored });
  if (unread) throw unreadModel(file, { ...unread, what: `${dialect.name} with ${unread.what}` });
  return { checkpoint: { ...checkpoint, tensors }, settings };
}

/** The checkpoint with its names translated to this toolkit's. */
function renamed(checkpoint: Checkpoint, { rename = (name: string) => name }: Partial<Dialect> = {}): Checkpoint {
  const tensors = new Map<string, StoredTensor>();
  for (const [stored, tensor] of checkpoint.tensors) {
    const name = rename(stored);
    if (tensors.has(name)) {
      const problem = `has ${name} under two names, one of them ${stored}; remove one of them`;
      throw new ResnetCocoError('BAD_MODEL', `${checkpoint.file}: ${problem}`);
    }
    tensors.set(name, tensor);
  }
  return { ...checkpoint, tensors };
}

/** A name with a folder or an extension is a path, unless a known model has that name. An existing file comes first. */
function isPath(nameOrPath: string): boolean {
  if (existsSync(nameOrPath)) return true;
  if (isModelName(nameOrPath)) return false;
  return nameOrPath.includes('/') || nameOrPath.includes(sep) || basename(nameOrPath).includes('.');
}

/** Whether a configuration says that the model is quantized to eight bits. */
export const isQuantized = (config: unknown): boolean =>
  (config as { readonly quantization?: unknown } | null | undefined)?.quantization !== undefined;

/**
 * For what needs weights in single precision.
 *
 * @param what cannot be done, such as `training cannot begin from it`
 * @throws ResnetCocoError BAD_MODEL for a quantized model
 */
export function refuseQuantized({ checkpoint, config }: ModelFile, what: string): void {
  if (!isQuantized(config)) return;
  const problem = `is quantized to eight bits (int8): ${what}; use the model from before quantization`;
  throw new ResnetCocoError('BAD_MODEL', `${checkpoint.file}: ${problem}`);
}

function ownConfig(checkpoint: Checkpoint): unknown {
  const { config, format } = checkpoint.metadata;
  if (format !== FORMAT || config === undefined) return undefined;
  try {
    const problem = structureProblem(config);
    if (problem !== undefined) throw new ResnetCocoError('BAD_CONFIG', `${checkpoint.file}: its config ${problem}`);
    return JSON.parse(config);
  } catch (error) {
    if (error instanceof ResnetCocoError) throw error;
    throw new ResnetCocoError('BAD_CONFIG', `${checkpoint.file}: its config is not JSON: ${(error as Error).message}`);
  }
}

/** The contents of a checkpoint besides its weights, with counts. */
export function besideWeights({ checkpoint: { beside, tensors }, config }: ModelFile): string[] {
  // Without a configuration, the last layers tell the heads.
  const heads = config ?? {
    ...(tensors.has('roi_heads.mask_predictor.mask_fcn_logits.weight') && { mask_head: {} }),
    ...(tensors.has('roi_heads.keypoint_predictor.kps_score_lowres.weight') && { keypoint_head: {} }),
  };
  return [...describeAside([...namesAside(tensors)].filter((name) => !isOfUsedHead(name, heads))), ...beside];
}

const MOST_LISTED = 12;

/** A note about a file; undefined if it holds only a model's weights. */
function noteOf(model: ModelFile): string | undefined {
  const { checkpoint, config, description } = model;
  const { file, isPart, prefix } = checkpoint;
  const beside = besideWeights(model);
  // A checkpoint of a run is meant to be a model too; its state is for resuming, not left over.
  const state = beside.filter((entry) => entry.startsWith(`${TRAINING_STATE} `));
  const others = beside.filter((entry) => !state.includes(entry));
  const isUsual = others.every((entry) => entry.startsWith('num_batches_tracked '));
  const isDescribed = config !== undefined || description !== undefined;
  const unused = isDescribed && isUsual ? [] : others;
  const parts: string[] = [];
  if (isPart) parts.push(`reads the network under '${prefix}'`);
  else if (prefix) parts.push(`the prefix '${prefix}' of all its tensors is left out`);
  if (unused.length) {
    const more = unused.length > MOST_LISTED ? ` and ${unused.length - MOST_LISTED} more` : '';
    parts.push(`not used: ${unused.slice(0, MOST_LISTED).join(', ')}${more}`);
  }
  if (state.length) parts.push(`${state.join(', ')} is only for resuming it`);
  return parts.length ? `${file}: ${parts.join('; ')}` : undefined;
}

export const shapesOf = (checkpoint: Checkpoint): Map<string, readonly number[]> =>
  new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape]));

const FLOATS: readonly string[] = ['F64', 'F32', 'F16', 'BF16'];

/**
 * Reads a tensor of a model as single precision.
 *
 * @throws ResnetCocoError BAD_MODEL for integers, booleans, NaN, infinite numbers or negative variances; it names the
 *   tensor
 */
export function readNumbers(file: string, name: string, tensor: StoredTensor): Float32Array {
  if (!FLOATS.includes(tensor.dtype)) {
    const remedy =
      'weights are F64, F32, F16 or BF16; store them in one of these types, or use the file from before quantization';
    throw new ResnetCocoError('BAD_MODEL', `${file}: ${name}: has the type ${tensor.dtype}; ${remedy}`);
  }
  const floats = toFloat32(tensor);
  const problem = numberProblem(name, floats);
  if (problem === undefined) return floats;
  const cause = 'training diverged, or the file is damaged; use an earlier checkpoint';
  throw new ResnetCocoError('BAD_MODEL', `${file}: ${name}: ${problem}: ${cause}`);
}

/**
 * Reads the tensors that an architecture needs, as single precision.
 *
 * @throws ResnetCocoError BAD_MODEL that names what is missing, has another shape, is not used or is not finite
 */
export function readWeights(
  checkpoint: Checkpoint,
  needed: Readonly<Record<string, readonly number[]>>,
  architecture: string,
): Weights {
  const { file, tensors } = checkpoint;
  checkFit(shapesOf(checkpoint), needed, file, architecture);
  const weights: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(needed)) {
    weights[name] = { shape, data: readNumbers(file, name, tensors.get(name)!) };
  }
  return weights;
}
