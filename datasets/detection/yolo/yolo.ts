import { join, relative } from 'node:path';
import type { DatasetFormat } from '../dataset-format.ts';
import type { VocAnnotation } from '../voc/read-voc.ts';
import { countLost, lostBesideBoxes } from '../what-is-lost.ts';
import { findNamesFile } from './yolo-names.ts';

/** YOLO: `data.yaml` or a list of class names, and a text file of labels per image. */
export const yolo: DatasetFormat = {
  looksFor: "YOLO's data.yaml or classes.txt",
  hasLayout: async (folder) => (await findNamesFile(folder)) !== undefined,
  filesIn: async (folder) => {
    const names = await findNamesFile(folder);
    return names === undefined ? [] : [relative(folder, names)];
  },
  fileEndings: ['yaml', 'yml', 'data', 'names', 'labels', 'txt'],
  // YOLO stores no sizes: they are read from the images.
  statesSizes: false,
  read: async (source, problems) => (await import('./read-yolo.ts')).readYolo(source, problems),
  write: async (out, dataset, options) => (await import('./write-yolo.ts')).writeYolo(out, dataset, options),
  isFolder: true,
  imageFolder: (out) => join(out, 'images'),
  omits: ({ iscrowd }) => Boolean(iscrowd),
  lost: (annotations) => [
    ...lostBesideBoxes(annotations),
    ...countLost(annotations, 'crowd', 'crowds', ({ iscrowd }) => iscrowd === 1),
    ...countLost(
      annotations as readonly VocAnnotation[],
      'mark of a difficult object',
      'marks of difficult objects',
      ({ difficult }) => difficult === 1,
    ),
  ],
};
