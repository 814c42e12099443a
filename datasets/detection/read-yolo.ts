import { dirname } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import type { CocoAnnotation, CocoCategory, CocoImage, ImageId } from '../coco-format.ts';
import { numberImages } from '../image-numbers.ts';
import { inFlight } from '../in-flight.ts';
import { findInBox } from './box-check.ts';
import { CATEGORIES_FILE, readCategoriesFile } from './categories-file.ts';
import type { DetectionSource, FoundDataset } from './detection-source.ts';
import { measureImage } from './measure-image.ts';
import type { ProblemList } from './problems.ts';
import { FILES_AT_ONCE, linesOf, readText } from './text-file.ts';
import { parseYoloLabels } from './yolo-labels.ts';
import { findYoloLayout, type YoloImage, type YoloLayout } from './yolo-layout.ts';

/**
 * Reads YOLO's label files: a line for each object, its class counted from 0, then the box's centre, width and height as
 * fractions of the image's, or a polygon, which gives `segmentation` and the box around it. An image without a file has
 * no objects. Images are numbered by the digits of their names where those differ, else from 1; annotations from 1;
 * categories are classes + 1, or as `categories.json` beside the names has them.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, BAD_DATASET
 */
export async function readYolo(source: DetectionSource, problems: ProblemList): Promise<FoundDataset> {
  const layout = await findYoloLayout(source);
  const categories = await categoriesOf(layout, problems);
  for (const { list, line, name } of layout.missing) {
    const message = 'no such file; add it, or remove the line';
    problems.error({ file: list, line, kind: 'missing file', field: 'image', value: name, message });
  }
  const { ids } = numberImages(layout.images.map(({ name }) => name));
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const files = new Map<ImageId, string>();
  let labelled = 0;
  let index = 0;
  const loaded = inFlight(layout.images, FILES_AT_ONCE, async (image) => ({
    image,
    labels: await readLabels(image),
    size: await measureImage(image.path, image.name, problems),
  }));
  for await (const { image, labels, size } of loaded) {
    source.signal?.throwIfAborted();
    const id = ids[index++];
    if (!size) continue;
    files.set(id, image.path);
    images.push({ id, file_name: image.name, ...size });
    if (!labels) continue;
    labelled++;
    const place = { file: labels.file, image: id };
    const lines = parseYoloLabels(labels.lines, categories.length, size, (found) =>
      problems.error({ ...place, ...found }),
    );
    for (const { line, index, ...shape } of lines) {
      const found = findInBox(shape.bbox, size);
      if (found) {
        const { severity, kind, message } = found;
        problems[severity]({ ...place, line, kind, field: 'box', value: shape.bbox, message });
        if (severity === 'error') continue;
      }
      const category_id = categories[index].id;
      annotations.push({ id: annotations.length + 1, image_id: id, category_id, ...shape, iscrowd: 0 });
    }
  }
  if (images.length && !labelled) {
    const [{ path, labels }] = layout.images;
    throw new ResnetCocoError('BAD_DATASET', `${path}: no image has labels; looked for ${labels.join(' and ')}`);
  }
  return { dataset: { images, annotations, categories }, files };
}

/** The lines of the label file of an image; undefined where it has none. */
async function readLabels({ labels }: YoloImage): Promise<{ file: string; lines: string[] } | undefined> {
  for (const file of labels) {
    try {
      return { file, lines: linesOf(await readText(file)) };
    } catch (error) {
      if (!(error instanceof ResnetCocoError && error.code === 'FILE_NOT_FOUND')) throw error;
    }
  }
  return undefined;
}

/** By class: the names in order, or COCO's own categories of the same names. */
async function categoriesOf({ settings }: YoloLayout, problems: ProblemList): Promise<readonly CocoCategory[]> {
  const folder = dirname(settings.file);
  const known = await readCategoriesFile(folder, problems);
  const byName = new Map(known?.map((category) => [category.name, category]));
  const plain = settings.names.map((name, index) => ({ id: index + 1, name }));
  if (!known) return plain;
  const missing = settings.names.find((name) => !byName.has(name));
  if (missing === undefined) return settings.names.map((name) => byName.get(name)!);
  const message = `it has no category '${missing}', which ${settings.file} names; correct or delete it`;
  problems.error({ file: `${folder}/${CATEGORIES_FILE}`, kind: 'unknown reference', message });
  return plain;
}
