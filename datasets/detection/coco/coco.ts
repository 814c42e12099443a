import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '../../../io/whole-file.ts';
import type { DatasetFormat } from '../dataset-format.ts';
import { writeCoco } from './write-coco.ts';

/** COCO's JSON: one file for images, annotations and categories. */
export const coco: DatasetFormat = {
  looksFor: "COCO's JSON",
  ending: 'json',
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
