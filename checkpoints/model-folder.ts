import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ResnetCocoError } from '../errors.ts';
import { isFile } from '../io/regular-file.ts';
import { foreignFolder, shown, WHAT_LOADS } from './foreign-formats.ts';

/** The names that the Hugging Face hub gives to weights, in order of preference. */
export const WEIGHT_FILES: readonly string[] = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];
/** What describes the weights beside them. */
export const CONFIG_FILE = 'config.json';
export const PREPROCESSOR_FILE = 'preprocessor_config.json';

/** Names of weight files. */
export const WEIGHTS = /\.(safetensors|pth?|th|ckpt|pkl|bin)(\.tar)?$/i;

/** The files of a folder that a model is read from. */
export interface ModelFolder {
  /** The path of its weights, or of the index of their shards. */
  readonly weights: string;
  /** The names of other weight files in it, which are not read. */
  readonly others: readonly string[];
}

/**
 * Finds the weights in a folder as the Hugging Face hub or a training run lays it out: a file with one of the hub's
 * names, or else the only weight file.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND where it has none or several, naming them
 */
export async function modelFolder(folder: string): Promise<ModelFolder> {
  const names = (await readdir(folder)).filter((name) => isFile(join(folder, name))).sort();
  const files = names.filter((name) => WEIGHTS.test(name));
  const usual = WEIGHT_FILES.find((name) => names.includes(name));
  const [only] = files;
  if (usual === undefined && files.length !== 1) throw new ResnetCocoError('FILE_NOT_FOUND', problemOf(folder, names));
  const weights = usual ?? only;
  const isShard = (name: string) => weights.endsWith('.json') && /-\d{5}-of-\d{5}\./.test(name);
  return {
    weights: join(folder, weights),
    others: files.filter((name) => name !== weights && !isShard(name)),
  };
}

const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).map(shown).join(', ')}${more}`;
}

function problemOf(folder: string, names: readonly string[]): string {
  const files = names.filter((name) => WEIGHTS.test(name));
  if (files.length) return `${folder}: a folder with several weight files: ${listed(files)}; name one of them`;
  const foreign = foreignFolder(names);
  if (foreign !== undefined) return `${folder}: ${foreign}`;
  const holds = names.length ? `it has ${listed(names)}` : 'it is empty';
  return `${folder}: a folder without weights (${WEIGHT_FILES[0]}, ${WEIGHT_FILES[2]}): ${holds}; ${WHAT_LOADS}`;
}
