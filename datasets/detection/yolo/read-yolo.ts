import { dirname } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { FILES_AT_ONCE, readText } from '../../../io/text-file.ts';
import { mapOrdered } from '../../../io/threads/map-ordered.ts';
import { findInBox } from '../box-check.ts';
import { CATEGORIES_FILE, readCategoriesFile } from '../categories-file.ts';
import type { CocoAnnotation, CocoCategory, CocoImage, ImageId } from '../coco/coco-format.ts';
import { numberImages } from '../coco/image-numbers.ts';
import type { DetectionSource, FoundDataset } from '../detection-source.ts';
import { measureImage } from '../measure-image.ts';
import type { ProblemList } from '../problems.ts';
import { distinctRows, parseYoloLabels, type YoloRow, yoloRows } from './yolo-labels.ts';
import { findYoloLayout, type YoloImage, type YoloLayout } from './yolo-layout.ts';
import { YoloPoseCheck } from './yolo-pose.ts';

/**
 * Reads YOLO's label files. Each line is an object: its class, counted from 0, then either the box's center, width and
 * height as fractions of the image's, or a polygon, which gives `segmentation` and the box around it. An image without
 * a label file has no objects. Image ids are the numbers in the names if those are unique, else 1, 2, 3 …; annotation
 * ids count from 1; category ids are classes + 1, or come from `categories.json` beside the names.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when a file or folder is missing
 * @throws ResnetCocoError BAD_DATASET when this is not a YOLO data set
 */
export async function readYolo(source: DetectionSource, problems: ProblemList): Promise<FoundDataset> {
  const layout = await findYoloLayout(source);
  const categories = await categoriesOf(layout, problems);
  tellUnused(layout, problems);
  tellCount(layout, problems);
  tellShared(layout, problems);
  const { ids } = numberImages(layout.images.map(({ name }) => name));
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const files = new Map<ImageId, string>();
  const pose = new YoloPoseCheck();
  let labeled = 0;
  let index = 0;
  const loaded = mapOrdered(layout.images, FILES_AT_ONCE, async (image) => ({
    image,
    rows: await readLabels(image, problems),
    size: await measureImage(image.path, image.name, problems),
  }));
  for await (const { image, rows, size } of loaded) {
    source.signal?.throwIfAborted();
    const id = ids[index++];
    if (!size) continue;
    files.set(id, image.path);
    images.push({ id, file_name: image.name, ...size });
    if (image.labels === undefined) continue;
    labeled++;
    const place = { file: image.labels, image: id };
    for (const { line, columns } of rows) pose.add(image.labels, line, columns.slice(1).map(Number));
    const distinct = distinctRows(rows);
    if (distinct.length < rows.length) {
      const repeated = rows.filter((row) => !distinct.includes(row));
      const count = `${repeated.length} ${repeated.length === 1 ? 'line is' : 'lines are'} the same as one above`;
      const message = `${count}; ${repeated.length === 1 ? 'it does' : 'they do'} not count again; remove ${repeated.length === 1 ? 'it' : 'them'}`;
      problems.warning({ ...place, line: repeated[0].line, kind: 'duplicate', message });
    }
    const lines = parseYoloLabels(distinct, categories.length, size, (found) => problems.error({ ...place, ...found }));
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
  const doubt = pose.verdict();
  if (doubt) problems.warning({ ...doubt, kind: 'wrong value' });
  if (images.length && !labeled) {
    const [{ path }] = layout.images;
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${path}: no image has labels; looked for ${layout.expected.join(' and ')}`,
    );
  }
  return { dataset: { images, annotations, categories }, files };
}

/** Reads the lines of an image's label file; none when the file is missing or unreadable, which is reported. */
async function readLabels({ labels, name }: YoloImage, problems: ProblemList): Promise<YoloRow[]> {
  if (labels === undefined) return [];
  try {
    return yoloRows(await readText(labels));
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    const message = `${error.message.replace(`${labels}: `, '')}; correct the file, or remove it`;
    problems.error({ file: labels, image: name, kind: 'unreadable file', message });
    return [];
  }
}

const MAX_SHOWN = 5;

/** Reports files that are not used: listed images that do not exist, label files, images of other formats. */
function tellUnused({ settings, missing, unread, irregular, unused }: YoloLayout, problems: ProblemList): void {
  for (const { list, line, name } of missing) {
    const message = 'no such file; add it, or remove the line';
    problems.error({ file: list, line, kind: 'missing file', field: 'image', value: name, message });
  }
  const tell = (paths: readonly string[], one: string, several: string, remedy: string): void => {
    if (!paths.length) return;
    const shown = paths.slice(0, MAX_SHOWN).join(', ') + (paths.length > MAX_SHOWN ? ' …' : '');
    const message = `${paths.length} ${paths.length === 1 ? one : several} (${shown}); ${remedy}`;
    problems.warning({ file: settings.file, kind: 'unused file', message });
  };
  const { withoutImage, ofOtherImages } = unused;
  tell(withoutImage, 'label file has no image', 'label files have no image', 'add the images, or remove the labels');
  const others = ['label file is of an image', 'label files are of images'].map((text) => `${text} that no split has`);
  tell(ofOtherImages, others[0], others[1], 'name them in a split, or remove them');
  const formats = ['image is', 'images are'].map((text) => `${text} of a format that is not read`);
  tell(unread, formats[0], formats[1], 'convert to JPEG or PNG; until then their labels are not used');
  const [one, several] = ['image is a pipe, a device or a socket', 'images are pipes, devices or sockets'];
  tell(irregular, one, several, 'they are not read; put regular files in their places');
}

/** Images that differ only in their extension share a label file; its objects count for each. */
function tellShared({ images, settings }: YoloLayout, problems: ProblemList): void {
  const byLabels = new Map<string, string[]>();
  for (const { labels, name } of images) {
    if (labels === undefined) continue;
    const names = byLabels.get(labels);
    if (names) names.push(name);
    else byLabels.set(labels, [name]);
  }
  const shared = [...byLabels.values()].filter(({ length }) => length > 1);
  if (!shared.length) return;
  const shown = shared.slice(0, MAX_SHOWN).map((names) => names.join(' and '));
  const list = shown.join(', ') + (shared.length > MAX_SHOWN ? ' …' : '');
  const files = shared.length === 1 ? '1 label file belongs' : `${shared.length} label files belong`;
  const message = `${files} to more than one image (${list}), and its objects count for each; rename all but one`;
  problems.warning({ file: settings.file, kind: 'duplicate', message });
}

/** Reports a class count, `nc` of `data.yaml` or `classes` of Darknet's `obj.data`, that differs from the names. */
function tellCount({ settings: { fields, file, names } }: YoloLayout, problems: ProblemList): void {
  for (const field of ['nc', 'classes']) {
    const value = fields[field];
    if (value == null || Number(value) === names.length) continue;
    const message = `there are ${names.length} names, which count; correct it, or the names`;
    problems.warning({ file, kind: 'wrong value', field, value, message });
  }
}

/** Categories by class: the names in order, or COCO's own categories with these names. */
async function categoriesOf({ settings }: YoloLayout, problems: ProblemList): Promise<readonly CocoCategory[]> {
  const folder = dirname(settings.file);
  const listedCategories = await readCategoriesFile(folder, problems);
  const byName = new Map(listedCategories?.map((category) => [category.name, category]));
  const plain = settings.names.map((name, index) => ({ id: index + 1, name }));
  if (!listedCategories) return plain;
  const missing = settings.names.find((name) => !byName.has(name));
  if (missing === undefined) return settings.names.map((name) => byName.get(name)!);
  const message = `it has no category '${missing}', which ${settings.file} names; correct or delete it`;
  problems.error({ file: `${folder}/${CATEGORIES_FILE}`, kind: 'unknown reference', message });
  return plain;
}
