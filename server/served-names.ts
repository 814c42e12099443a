import { basename, dirname, extname, resolve } from 'node:path';
import { parseHubName } from '../checkpoints/hub/hub-name.ts';
import { isHubName } from '../checkpoints/index.ts';
import { ResnetCocoError } from '../errors.ts';

/** File names that every run writes; the name of the folder tells more. */
const OF_RUNS = new Set(['model', 'best', 'last']);

/**
 * The names under which models are served. A known model keeps its name. A model of the Hugging Face hub is named without
 * its owner, revision and file. A file is named without folder and extension.
 * A file with a name that every run writes is named by its folder (`runs/cats/model.safetensors`: `cats`); the folder
 * is also added if two models have the same name.
 *
 * @throws BAD_CONFIG when two models still have the same name
 */
export function servedNames(models: readonly string[]): readonly string[] {
  const plain = models.map((model) => {
    if (isHubName(model)) return parseHubName(model).name;
    if (!/[/\\]|\.\w+$/.test(model)) return model;
    const name = stemOf(model);
    return OF_RUNS.has(name) ? folderOf(model) || name : name;
  });
  const names = plain.map((name, i) => {
    const isShared = plain.some((other, j) => j !== i && other === name);
    if (isShared && isHubName(models[i])) return models[i].slice('hf:'.length).replaceAll('/', '-');
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
