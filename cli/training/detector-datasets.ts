import { join, relative, sep } from 'node:path';
import { writeCoco } from '../../datasets/detection/coco/write-coco.ts';
import { holdOut } from '../../datasets/detection/hold-out.ts';
import { type DetectionDataset, readDetectionDataset } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { reportProblems } from '../input/dataset-report.ts';
import { commonFolders } from '../input/input-names.ts';
import { required } from '../terminal/flags.ts';
import { defined } from '../terminal/shared-flags.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DetectorTrainingFlags } from './detector-training-flags.ts';

/** What a detector learns from, and what it is evaluated on. */
export interface DetectorDatasets {
  readonly images: DetectionDataset;
  readonly validation: DetectionDataset | undefined;
  /** What is evaluated on was drawn from the images to learn from. */
  readonly isHeldOut: boolean;
}

interface Source {
  readonly annotations: string;
  readonly images: string | undefined;
  readonly split: string | undefined;
}

const valFlags = ['val-annotations', 'val-images', 'val-split'] as const;

/** Where the images to evaluate on are; undefined where none are named. */
function validationSource(flags: DetectorTrainingFlags): Source | undefined {
  const [annotations, images, split] = valFlags.map((name) => flags[name]);
  if (annotations === undefined && split === undefined) {
    if (images !== undefined) throw new ResnetCocoError('USAGE', '--val-images needs --val-annotations');
    return undefined;
  }
  const ofTraining = annotations === undefined;
  return {
    annotations: annotations ?? required('annotations', flags.annotations),
    images: images ?? (ofTraining ? flags.images : undefined),
    split,
  };
}

/** Reads what flags name, or keeps a part for evaluation. What is wrong in it is told, and left out. */
export async function readDetectorDatasets(
  flags: DetectorTrainingFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<DetectorDatasets> {
  const read = async ({ annotations, images, split }: Source) => {
    const found = await readDetectionDataset({ annotations, ...defined({ images, split }), strict: false, signal });
    reportProblems(found.problems, terminal);
    return found;
  };
  const { images: folder, seed = 0, split, 'val-fraction': fraction } = flags;
  const source = validationSource(flags);
  if (source && fraction !== undefined) {
    throw new ResnetCocoError(
      'USAGE',
      '--val-fraction draws the images to evaluate on: leave out --val-annotations and --val-split',
    );
  }
  const images = await read({ annotations: required('annotations', flags.annotations), images: folder, split });
  if (source) return { images, validation: await read(source), isHeldOut: false };
  if (fraction === undefined) return { images, validation: undefined, isHeldOut: false };
  const parts = holdOut(images.dataset, fraction, seed);
  if (!parts)
    throw new ResnetCocoError('BAD_DATASET', `${flags.annotations}: of one image none can be kept for evaluation`);
  const part = (dataset: DetectionDataset['dataset']): DetectionDataset => {
    const ids = new Set(dataset.images.map(({ id }) => id));
    return { ...images, dataset, files: new Map([...images.files].filter(([id]) => ids.has(id))) };
  };
  return { images: part(parts.training), validation: part(parts.validation), isHeldOut: true };
}

/** Any folder of images of a data set, to try a detector on. */
export function imageFolderOf({ files }: DetectionDataset): string {
  const folders = commonFolders([...files.values()]);
  return folders.join(sep) || (folders.length ? sep : '.');
}

/** In the folder of a run, the images that were kept for evaluation, as COCO's JSON. */
const HELD_OUT = 'validation.json';

/**
 * The arguments of `evaluate detector` for what a run was evaluated on. Images that were kept for that are written to the
 * run's folder first.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function evaluationArguments(
  { isHeldOut, validation }: DetectorDatasets,
  flags: DetectorTrainingFlags,
  folder: string,
): Promise<string[] | undefined> {
  if (!validation) return undefined;
  if (!isHeldOut) {
    const { annotations, images, split } = validationSource(flags)!;
    return [
      annotations,
      ...(images === undefined ? [] : ['--images', images]),
      ...(split === undefined ? [] : ['--split', split]),
    ];
  }
  const { dataset, files } = validation;
  const place = imageFolderOf(validation);
  const file = join(folder, HELD_OUT);
  const images = dataset.images.flatMap((image) => {
    const path = files.get(image.id);
    return path === undefined ? [] : [{ ...image, file_name: relative(place, path).replaceAll(sep, '/') }];
  });
  await writeCoco(file, { ...dataset, images });
  return [place, '--annotations', file];
}
