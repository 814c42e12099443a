import { basename, dirname, extname, resolve } from 'node:path';
import { ResnetCocoError } from '../errors.ts';

/** Names of files that every run writes: its folder tells more. */
const OF_RUNS = new Set(['model', 'best', 'last']);

/**
 * The names by which models are asked for: a known model has its own, a file goes by its name without folder and ending, and
 * by its folder's where runs name it (`runs/cats/model.safetensors`: `cats`) or another has that name already.
 *
 * @throws ResnetCocoError BAD_CONFIG where two still have one name
 */
export function servedNames(models: readonly string[]): readonly string[] {
  const plain = models.map((model) => {
    if (!/[/\\]|\.\w+$/.test(model)) return model;
    const name = stemOf(model);
    return OF_RUNS.has(name) ? folderOf(model) || name : name;
  });
  const names = plain.map((name, i) => {
    const isShared = plain.some((other, j) => j !== i && other === name);
    return isShared && /[/\\]/.test(models[i]) ? `${folderOf(models[i])}-${stemOf(models[i])}` : name;
  });
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first === i) continue;
    const both = `${models[first]} and ${models[i]}`;
    throw new ResnetCocoError(
      'BAD_CONFIG',
      `models: ${both} would both be served as '${name}'; rename a file or folder`,
    );
  }
  return names;
}

const stemOf = (file: string): string => basename(file, extname(file));
const folderOf = (file: string): string => basename(dirname(resolve(file)));
