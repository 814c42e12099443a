import { join } from 'node:path';
import type { DatasetFormat } from '../dataset-format.ts';
import { listFiles } from '../file-finder.ts';
import { lostBesideBoxes } from '../what-is-lost.ts';
import { annotationsFolder } from './voc-layout.ts';

/** Pascal VOC: one XML file per image. */
export const voc: DatasetFormat = {
  looksFor: "Pascal VOC's XML files",
  hasLayout: async (folder) => (await annotationsFolder(folder)) !== undefined,
  ending: 'xml',
  filesIn: (folder) => listFiles(folder, ['xml'], 'subfolders'),
  fileEndings: [],
  statesSizes: true,
  read: async (source, problems) => (await import('./read-voc.ts')).readVoc(source, problems),
  write: async (out, dataset, options) => (await import('./write-voc.ts')).writeVoc(out, dataset, options),
  isFolder: true,
  imageFolder: (out) => join(out, 'JPEGImages'),
  lost: lostBesideBoxes,
};
