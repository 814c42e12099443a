import { availableParallelism } from 'node:os';
import type { ViewOptions } from '../../backbone/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import type { FlagTable } from './flags.ts';

/** Flags that every command has. */
export const generalFlags = {
  quiet: { kind: 'boolean', group: 'General', help: 'print only failures to stderr, no progress and no notes' },
  verbose: { kind: 'boolean', group: 'General', help: 'show the stack of an error' },
  help: { kind: 'boolean', short: 'h', group: 'General', help: 'show this help' },
} as const satisfies FlagTable;

/** Flags of every command that runs a model, besides `--model`. */
export const engineFlags = {
  engine: {
    kind: 'choice',
    group: 'Model',
    choices: ['auto', 'onnx', 'webgpu', 'cuda', 'tfjs-node-gpu', 'tfjs-node', 'wasm'],
    default: 'auto',
    help: 'engine that computes; resnet-coco doctor lists those that work on this machine',
  },
  threads: {
    kind: 'integer',
    group: 'Model',
    value: 'N',
    min: 1,
    max: MOST.threads,
    help: 'threads that compute (default: all cores)',
  },
  batch: {
    kind: 'integer',
    group: 'Model',
    value: 'N',
    min: 1,
    max: 4096,
    help: 'images per batch (default: what suits the engine)',
  },
} as const satisfies FlagTable;

export const archFlag = {
  arch: {
    kind: 'text',
    group: 'Model',
    value: 'NAME',
    help: 'architecture of a checkpoint that does not name its own, such as resnet18',
  },
} as const satisfies FlagTable;

/** How a classifier looks at images, of every command that classifies. */
export const viewFlags = {
  size: {
    kind: 'text',
    group: 'Model',
    value: 'N|test',
    help: "side of the square that the model sees, in pixels, or test: the one that its authors evaluated with (default: the model's)",
  },
  crops: {
    kind: 'choice',
    group: 'Model',
    choices: ['1', '10'],
    default: '1',
    help: '10: mean probabilities of corners and center and their mirror images; 1: the center',
  },
} as const satisfies FlagTable;

const MOST_SIDE = Math.sqrt(MOST.pixels);

/** @throws USAGE when the size is neither a number of pixels nor `test` */
export function viewOf({ crops, size }: { readonly crops: string; readonly size: string | undefined }): ViewOptions {
  const view = { crops: crops === '10' ? 10 : 1 } as const;
  if (size === undefined) return view;
  if (size === 'test') return { ...view, size };
  const side = /^\d+$/.test(size) ? Number(size) : 0;
  if (side >= 1 && side <= MOST_SIDE) return { ...view, size: side };
  throw new ResnetCocoError('USAGE', `--size wants a whole number from 1 to ${MOST_SIDE}, or test, got '${size}'`);
}

/** What names a model, and its help. */
export const modelValue = 'NAME|FILE|FOLDER|hf:OWNER/NAME';
export const modelHelp = 'a known model, a file or folder, or a model of the Hugging Face hub';

/** The model of every command that detects. */
export const detectorFlag = {
  model: {
    kind: 'text',
    group: 'Model',
    value: modelValue,
    default: 'fasterrcnn_resnet50_fpn_v2',
    help: modelHelp,
  },
} as const satisfies FlagTable;

/** Flags of every command that reads `<paths...>`. */
export const inputFlags = {
  recursive: { kind: 'boolean', help: 'descend into sub-folders' },
} as const satisfies FlagTable;

export const jsonFlag = {
  json: { kind: 'boolean', help: 'print JSON to stdout' },
} as const satisfies FlagTable;

/** Flags of every command that reads a detection data set. */
export const sourceFlags = {
  images: { kind: 'text', value: 'DIR', help: 'the folder of images, if it is not in its usual place' },
  split: { kind: 'text', value: 'NAME', help: 'a part, such as train: a list of VOC, an entry of data.yaml, a folder' },
} as const satisfies FlagTable;

/** `<in>` of the commands that convert a data set, for their `positionals`. */
export const sourceHelp = [
  '<in>',
  'COCO: a JSON file; VOC: a folder of XML files, or the one above; YOLO: data.yaml or its folder',
] as const;

/** `<paths...>`, for a command's `positionals`. */
export const pathsPositional = {
  usage: '<paths...>',
  min: 1,
  max: Number.POSITIVE_INFINITY,
  help: [['<paths...>', "files, folders, globs such as 'photos/**/*.jpg', or - for a list on stdin"]],
} as const;

/** Several streams raise throughput; each needs its own copy of the model. */
const MAX_STREAMS = 4;

/** The number of streams for a number of images. */
export const streamsFor = (images: number, threads = availableParallelism()): number =>
  Math.max(1, Math.min(threads, MAX_STREAMS, Math.floor(images / 2)));

/** Leaves out undefined settings, so that the library's defaults apply. */
export function defined<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
