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

/** The training set and the evaluation set of a detector. */
export interface DetectorDatasets {
  readonly images: DetectionDataset;
  readonly validation: DetectionDataset | undefined;
  /** Whether the evaluation images were drawn from the training set. */
  readonly isHeldOut: boolean;
}

interface Source {
  readonly annotations: string;
  readonly images: string | undefined;
  readonly split: string | undefined;
}

const valFlags = ['val-annotations', 'val-images', 'val-split'] as const;

/** The evaluation set that the flags name; undefined if they name none. */
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

/**
 * Reads the data sets that the flags name, or holds out a part for evaluation. Reports problems and leaves them out.
 */
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
      '--val-fraction draws the evaluation images: leave out --val-annotations and --val-split',
    );
  }
  const images = await read({ annotations: required('annotations', flags.annotations), images: folder, split });
  if (source) return { images, validation: await read(source), isHeldOut: false };
  if (fraction === undefined) return { images, validation: undefined, isHeldOut: false };
  const parts = holdOut(images.dataset, fraction, seed);
  if (!parts)
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${flags.annotations}: a data set of one image cannot hold one out for evaluation; add images, or leave out --val-fraction`,
    );
  const part = (dataset: DetectionDataset['dataset']): DetectionDataset => {
    const ids = new Set(dataset.images.map(({ id }) => id));
    return { ...images, dataset, files: new Map([...images.files].filter(([id]) => ids.has(id))) };
  };
  return { images: part(parts.training), validation: part(parts.validation), isHeldOut: true };
}

/** A folder with images of the data set, for an example command. */
export function imageFolderOf({ files }: DetectionDataset): string {
  const folders = commonFolders([...files.values()]);
  return folders.join(sep) || (folders.length ? sep : '.');
}

/** The file in a run's folder with the held-out evaluation images, as COCO's JSON. */
const HELD_OUT = 'validation.json';

/**
 * The arguments of `evaluate detector` for a run's evaluation images. Held-out images are written to the run's folder
 * first.
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
