import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tellFormat } from '../../datasets/detection/formats.ts';
import { type ImageId, readDetectionDataset } from '../../datasets/index.ts';
import { imageIdsFromAnnotations } from '../../detection/results/image-ids.ts';
import { ResnetCocoError } from '../../errors.ts';
import { COCO } from '../../eval/index.ts';
import { isFolder } from '../../io/regular-file.ts';
import { defined } from '../terminal/shared-flags.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { reportProblems } from './dataset-report.ts';
import { collectInputs } from './inputs.ts';

/** Ground truth and its images. */
export interface AnnotatedFiles {
  readonly gt: COCO;
  /** The name of the ground truth, for messages. */
  readonly name: string;
  /** The images' files by id. */
  readonly files: ReadonlyMap<ImageId, string>;
  /** Whether the data set has errors, which were reported and left out. */
  readonly hasErrors: boolean;
}

interface AnnotationFlags {
  readonly annotations: string | undefined;
  readonly images: string | undefined;
  readonly split: string | undefined;
}

/**
 * The images of `evaluate detector` and their ground truth: COCO's JSON and a folder of images, or any data set that
 * `train detector` takes.
 *
 * @param place a folder of images or a data set
 */
export async function openAnnotatedImages(
  place: string,
  { annotations, images, split }: AnnotationFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<AnnotatedFiles> {
  const format = await tellFormat(annotations ?? place);
  const json = format === 'coco' && split === undefined && isFolder(place) ? (annotations ?? jsonIn(place)) : undefined;
  if (json !== undefined) return await openCoco(images ?? place, json, terminal, signal);
  const folder = images ?? (annotations === undefined ? undefined : place);
  const source = { annotations: annotations ?? place, ...defined({ images: folder, split }) };
  const { dataset, files, problems } = await readDetectionDataset({ ...source, strict: false, signal });
  reportProblems(problems, terminal);
  const name = split === undefined ? source.annotations : `${source.annotations} (${split})`;
  if (!files.size) {
    throw new ResnetCocoError('BAD_DATASET', `${name}: none of its images was found; name their folder: --images DIR`);
  }
  tellAbsent(dataset.images.length, files.size, name, terminal);
  return { gt: new COCO(dataset, name), name, files, hasErrors: problems.errors > 0 };
}

/** COCO's JSON as pycocotools reads it. Images that it does not name are left out. */
async function openCoco(
  folder: string,
  annotations: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<AnnotatedFiles> {
  const gt = await COCO.load(annotations);
  const { files: inputs, notes } = await collectInputs([folder], { recursive: true, signal });
  for (const note of notes) terminal.note(note);
  const { ids } = imageIdsFromAnnotations(
    inputs.map(({ file }) => file),
    gt.images,
  );
  const files = new Map(inputs.flatMap(({ file }, i) => (ids[i] === undefined ? [] : [[ids[i], file] as const])));
  tellAbsent(gt.images.length, files.size, folder, terminal);
  return { gt, name: annotations, files, hasErrors: false };
}

function tellAbsent(annotated: number, found: number, place: string, terminal: Terminal): void {
  const absent = annotated - found;
  if (absent) terminal.note(`${absent} of the ${annotated} annotated images are not in ${place} and do not count`);
}

/** The annotation file in a folder of images, if it is the only one. */
function jsonIn(folder: string): string | undefined {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.length === 1 ? join(folder, names[0]) : undefined;
}
