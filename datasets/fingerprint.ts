import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import type { ClassificationDataset } from './classification/classification-dataset.ts';
import type { CocoDataset, ImageId } from './detection/coco/coco-format.ts';

/** Identifies a data set: digests of its labels, of its files' names and sizes, and of their times. */
export interface Fingerprint {
  readonly labels: string;
  readonly sizes: string;
  readonly times: string;
}

/** At most this many files are read, spread over the data set: a million on a network would take minutes. */
const MOST_FILES = 100_000;
const AT_ONCE = 256;

const ended = (hash: Hash): string => hash.digest('hex').slice(0, 16);

async function fingerprint(files: readonly string[], labels: Hash): Promise<Fingerprint> {
  const [sizes, times] = [createHash('sha256'), createHash('sha256')];
  const step = Math.max(1, Math.ceil(files.length / MOST_FILES));
  const chosen = files.filter((_, i) => i % step === 0);
  const stats = mapOrdered(chosen, AT_ONCE, async (path) => ({
    name: basename(path),
    file: await stat(path).catch(() => undefined),
  }));
  for await (const { file, name } of stats) {
    sizes.update(`${name} ${file?.size}\n`);
    times.update(`${file && Math.floor(file.mtimeMs)}\n`);
  }
  return { labels: ended(labels), sizes: ended(sizes), times: ended(times) };
}

/**
 * The fingerprint of a detection data set, wherever its files are.
 *
 * @param also what counts besides boxes
 */
export function detectionFingerprint(
  { annotations, images }: CocoDataset,
  files: ReadonlyMap<ImageId, string>,
  also: readonly ('segmentation' | 'keypoints')[] = [],
): Promise<Fingerprint> {
  const labels = createHash('sha256');
  for (const annotation of annotations) {
    const { bbox, category_id, image_id, iscrowd } = annotation;
    labels.update(`${image_id} ${category_id} ${bbox} ${iscrowd}\n`);
    for (const field of also) labels.update(`${field} ${JSON.stringify(annotation[field])}\n`);
  }
  return fingerprint(
    images.flatMap(({ id }) => files.get(id) ?? []),
    labels,
  );
}

/** The fingerprint of a classification data set; images without files count like labels. */
export function classificationFingerprint(dataset: ClassificationDataset): Promise<Fingerprint> {
  const labels = createHash('sha256');
  const files: string[] = [];
  for (let i = 0; i < dataset.length; i++) {
    labels.update(`${dataset.label(i)}\n`);
    const image = dataset.image(i);
    if (typeof image === 'string') files.push(image);
    else if (image instanceof URL) files.push(fileURLToPath(image));
    else labels.update(image instanceof Uint8Array ? image : image.data);
  }
  return fingerprint(files, labels);
}

/** Describes the change between two fingerprints; undefined when nothing has changed. */
export function fingerprintChange(before: Fingerprint, after: Fingerprint): string | undefined {
  if (before.labels !== after.labels) return 'its labels are others';
  if (before.sizes !== after.sizes) return 'its files have other names or sizes';
  if (before.times !== after.times) return 'its files have the same sizes, but other times';
  return undefined;
}
