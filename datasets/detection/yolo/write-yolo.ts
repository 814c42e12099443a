import { join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFile } from '../../../io/regular-file.ts';
import { CATEGORIES_FILE } from '../categories-file.ts';
import type { CocoDataset } from '../coco/coco-format.ts';
import { portablePath } from '../file-finder.ts';
import { annotationStems, byImage, checkNames, type FormatOptions, OutputFolder } from '../output-folder.ts';
import { formatYoloLine, formatYoloPolygon } from './yolo-labels.ts';
import { readYoloSettings } from './yolo-names.ts';

const SETTINGS_FILE = 'data.yaml';

/**
 * Writes YOLO's files in Ultralytics' layout: `labels/NAME.txt` for each image, `SPLIT.txt` (`images.txt` without a
 * split), which lists the images as paths in `images/`, `classes.txt`, `data.yaml`, and `categories.json`, which keeps
 * COCO's ids. Classes are the categories in order of their ids. Crowds are left out, since YOLO would take each for one
 * object. Polygons are written only if `polygons` asks for them. An existing `data.yaml` with the same names gets the
 * split added.
 *
 * @throws ResnetCocoError BAD_DATASET when YOLO cannot store a name
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written or exists with other content; the signal's
 *   reason when aborted
 */
export async function writeYolo(
  folder: string,
  dataset: CocoDataset,
  { split, signal, polygons = false }: FormatOptions = {},
): Promise<void> {
  const out = new OutputFolder(folder);
  const listName = `${split ?? 'images'}.txt`;
  out.checkName(listName);
  const categories = [...dataset.categories].sort((a, b) => a.id - b.id);
  const names = categories.map(({ name }) => name);
  checkNames(names);
  const classes = new Map(categories.map(({ id }, index) => [id, index]));
  const stems = annotationStems(dataset.images.map(({ file_name }) => file_name));
  const annotations = byImage(dataset);
  const settings = await settingsWith(folder, names, split);
  await out.put(CATEGORIES_FILE, `${JSON.stringify(dataset.categories, null, 1)}\n`);
  await out.put('classes.txt', names.map((name) => `${name}\n`).join(''));
  for (const [index, image] of dataset.images.entries()) {
    signal?.throwIfAborted();
    const lines = (annotations.get(image.id) ?? [])
      .filter(({ iscrowd }) => !iscrowd)
      .map(({ category_id, bbox, segmentation }) => {
        const index = classes.get(category_id)!;
        const polygon = polygons && Array.isArray(segmentation) && segmentation.length === 1 ? segmentation[0] : [];
        return `${polygon.length ? formatYoloPolygon(index, polygon, image) : formatYoloLine(index, bbox, image)}\n`;
      });
    await out.put(`labels/${stems[index]}.txt`, lines.join(''));
  }
  const list = dataset.images.map(({ file_name }) => `./images/${portablePath(file_name)}\n`);
  await out.put(listName, list.join(''));
  await out.replace(SETTINGS_FILE, settings);
}

/** The text of `data.yaml`. Without `path`, Ultralytics resolves its paths from the file's folder. */
async function settingsWith(folder: string, names: readonly string[], split: string | undefined): Promise<string> {
  const path = join(folder, SETTINGS_FILE);
  const there = isFile(path) ? await readYoloSettings(path) : undefined;
  if (there && there.names.join('\n') !== names.join('\n')) {
    throw new ResnetCocoError('FILE_NOT_WRITABLE', `${path}: names other classes; name another folder, or delete it`);
  }
  // Ultralytics needs both.
  const lists = split === undefined ? { train: 'images.txt', val: 'images.txt' } : { [split]: `${split}.txt` };
  const { stringify } = await import('yaml');
  return stringify({ ...there?.fields, ...lists, names: new Map(names.entries()) });
}
