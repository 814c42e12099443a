import { CATEGORIES_FILE } from '../categories-file.ts';
import type { CocoDataset, CocoImage } from '../coco/coco-format.ts';
import { portablePath } from '../file-finder.ts';
import { annotationStems, byImage, checkNames, type ListOptions, OutputFolder } from '../output-folder.ts';
import type { VocAnnotation } from './read-voc.ts';
import { toVocBox, vocSides } from './voc-box.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string => text.replace(/[&<>]/g, (char) => entities[char]);

/**
 * Writes Pascal VOC: `Annotations/NAME.xml` for each image, `ImageSets/Main/SPLIT.txt` (`all.txt` without a split) and
 * `categories.json`, which keeps COCO's ids. Coordinates are written in full, so reading gives the same boxes. A crowd
 * becomes a `difficult` object, which VOC's scores leave out, with our own element `iscrowd`.
 *
 * @throws ResnetCocoError BAD_DATASET when VOC cannot store a name
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written or exists with other content; the signal's
 *   reason when aborted
 */
export async function writeVoc(
  folder: string,
  dataset: CocoDataset,
  { split = 'all', signal }: ListOptions = {},
): Promise<void> {
  const out = new OutputFolder(folder);
  const list = `ImageSets/Main/${split}.txt`;
  out.checkName(list);
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  checkNames([...names.values()]);
  const stems = annotationStems(dataset.images.map(({ file_name }) => file_name));
  const annotations = byImage(dataset);
  await out.put(CATEGORIES_FILE, `${JSON.stringify(dataset.categories, null, 1)}\n`);
  for (const [index, image] of dataset.images.entries()) {
    signal?.throwIfAborted();
    await out.put(`Annotations/${stems[index]}.xml`, xmlOf(image, annotations.get(image.id) ?? [], names));
  }
  await out.put(list, stems.map((stem) => `${stem}\n`).join(''));
}

function xmlOf(image: CocoImage, annotations: readonly VocAnnotation[], names: ReadonlyMap<number, string>): string {
  const lines = [
    '<annotation>',
    '\t<folder>JPEGImages</folder>',
    `\t<filename>${escaped(portablePath(image.file_name))}</filename>`,
    '\t<size>',
    `\t\t<width>${image.width}</width>`,
    `\t\t<height>${image.height}</height>`,
    '\t\t<depth>3</depth>',
    '\t</size>',
    '\t<segmented>0</segmented>',
    ...annotations.flatMap((annotation) => objectOf(annotation, names.get(annotation.category_id)!)),
    '</annotation>',
  ];
  return `${lines.join('\n')}\n`;
}

function objectOf(
  { bbox, iscrowd, pose, score, truncated, occluded, difficult, ignore }: VocAnnotation,
  name: string,
): string[] {
  const sides = toVocBox(bbox);
  return [
    '\t<object>',
    `\t\t<name>${escaped(name)}</name>`,
    `\t\t<pose>${escaped(pose ?? 'Unspecified')}</pose>`,
    `\t\t<truncated>${truncated ?? 0}</truncated>`,
    ...(occluded ? ['\t\t<occluded>1</occluded>'] : []),
    `\t\t<difficult>${difficult || ignore || iscrowd ? 1 : 0}</difficult>`,
    ...(iscrowd ? ['\t\t<iscrowd>1</iscrowd>'] : []),
    '\t\t<bndbox>',
    ...vocSides.map((side, index) => `\t\t\t<${side}>${sides[index]}</${side}>`),
    '\t\t</bndbox>',
    // As CVAT's and Datumaro's files have further properties of an object.
    ...(score === undefined
      ? []
      : [`\t\t<attributes><attribute><name>score</name><value>${score}</value></attribute></attributes>`]),
    '\t</object>',
  ];
}
