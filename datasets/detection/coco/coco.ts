import { dirname, join, resolve } from 'node:path';
import { startOf } from '../../../io/regular-file.ts';
import { makeFolder } from '../../../io/whole-file.ts';
import type { DatasetFormat } from '../dataset-format.ts';
import { listFiles } from '../file-finder.ts';
import { writeCoco } from './write-coco.ts';

/** COCO's JSON: one file for images, annotations and categories. */
export const coco: DatasetFormat = {
  looksFor: "COCO's JSON",
  ending: 'json',
  filesIn: async (folder) =>
    (await listFiles(folder, ['json'], 'subfolders')).filter((name) => looksLikeCoco(join(folder, name))),
  fileEndings: ['json'],
  fileStarts: ['{', '['],
  statesSizes: true,
  read: async (source, problems) => (await import('./read-coco.ts')).readCoco(source, problems),
  write: async (out, dataset, { signal }) => {
    await makeFolder(dirname(resolve(out)));
    await writeCoco(out, dataset, signal);
  },
  isFolder: false,
  imageFolder: (out) => join(dirname(out), 'images'),
  lost: () => [],
};

/** Enough for the first field, whatever it is. */
const START = 4096;

/** Whether a JSON file begins like annotations: other files of a data set, such as settings, are JSON too. */
function looksLikeCoco(file: string): boolean {
  const start = startOf(file, START)?.toString('utf8') ?? '';
  return /^\s*\uFEFF?\s*\{\s*"(info|licenses|images|annotations|type)"\s*:/.test(start);
}
