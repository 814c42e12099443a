import type { ResnetCocoError } from '../../../errors.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../../../io/options.ts';
import { ImagePool } from '../../images/image-pool.ts';
import type { CocoAnnotation, CocoImage } from '../coco/coco-format.ts';
import { byImage } from '../output-folder.ts';
import type { DatasetProblems } from '../problems.ts';
import type { DetectionDataset } from '../read-detection-dataset.ts';
import { fileDigests, samePictures } from './duplicates.ts';
import { type ImageSignature, imageSignature, signatureTransform } from './image-signature.ts';
import { type OddBoxKind, oddBoxes, oddBoxKinds } from './odd-boxes.ts';

/** A part of a data set, such as train. */
export interface CheckedPart {
  readonly name: string;
  readonly dataset: DetectionDataset;
}

/** Settings of `checkDetectionData`. */
export interface CheckOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (images: number, total: number) => void;
}

const kinds: OptionKinds<CheckOptions> = { signal: 'signal', onProgress: 'function' };

/** An image, and where it is. */
export interface CheckedImage {
  readonly part: string;
  readonly image: CocoImage;
  /** Undefined when it was not found. */
  readonly file: string | undefined;
}

/** Images that show the same picture. */
export interface DuplicateImages {
  readonly images: readonly CheckedImage[];
  /** Whether all files are the same to the byte. */
  readonly areExact: boolean;
  /** Whether they are in different parts: what is evaluated was learned. */
  readonly isLeak: boolean;
}

/** Boxes of an image that are probably mistakes. */
export interface OddBoxes extends CheckedImage {
  readonly boxes: readonly { readonly category: string; readonly annotation: CocoAnnotation }[];
}

/** A category in each part, in the order of the parts. */
export interface CheckedCategory {
  readonly name: string;
  readonly objects: readonly number[];
  readonly images: readonly number[];
}

/** What was found in a data set. */
export interface DatasetCheck {
  readonly parts: readonly {
    readonly name: string;
    readonly images: number;
    readonly files: number;
    readonly annotations: number;
    readonly problems: DatasetProblems;
  }[];
  readonly categories: readonly CheckedCategory[];
  readonly duplicates: readonly DuplicateImages[];
  readonly oddBoxes: Readonly<Record<OddBoxKind, readonly OddBoxes[]>>;
  /** Images without a single annotation. */
  readonly unlabeled: readonly CheckedImage[];
  readonly unreadable: readonly ResnetCocoError[];
}

/**
 * Looks for what harms a training: images that are there twice, within a part or in several, also in another size or
 * format; categories that are rare or absent from a part; boxes that are tiny, huge or repeated; images without labels.
 *
 * @throws ResnetCocoError USAGE when an option is unknown or of another kind; the signal's reason when aborted
 */
export async function checkDetectionData(
  parts: readonly CheckedPart[],
  options: CheckOptions = {},
): Promise<DatasetCheck> {
  const call = 'checkDetectionData';
  checkArgument(call, 'the parts', parts, 'list');
  checkOptions(call, options, kinds);
  const images = parts.flatMap(({ name, dataset: { dataset, files } }) =>
    dataset.images.map((image): CheckedImage => ({ part: name, image, file: files.get(image.id) })),
  );
  const labels = labelFindings(parts);
  const { duplicates, unreadable } = await findDuplicates(images, options);
  return {
    parts: parts.map(({ name, dataset: { dataset, files, problems } }) => ({
      ...{ name, images: dataset.images.length, files: files.size },
      ...{ annotations: dataset.annotations.length, problems },
    })),
    ...{ categories: categoriesOf(parts), duplicates, ...labels, unreadable },
  };
}

async function findDuplicates(
  images: readonly CheckedImage[],
  { onProgress, signal }: CheckOptions,
): Promise<Pick<DatasetCheck, 'duplicates' | 'unreadable'>> {
  const found = images.filter((image): image is CheckedImage & { readonly file: string } => image.file !== undefined);
  const paths = found.map(({ file }) => file);
  const digests = await fileDigests(paths, signal);
  const signatures: (ImageSignature | undefined)[] = [];
  const unreadable: ResnetCocoError[] = [];
  await using pool = new ImagePool();
  const options = signal ? { signal } : {};
  for await (const { error, image } of pool.prefetch(paths, signatureTransform, options)) {
    if (error) unreadable.push(error);
    signatures.push(image && imageSignature(image.tensor.data));
    onProgress?.(signatures.length, paths.length);
  }
  signal?.throwIfAborted();
  const duplicates = samePictures(digests, signatures).map(({ members, areExact }) => {
    const same = members.map((member) => found[member]);
    return { images: same, areExact, isLeak: same.some(({ part }) => part !== same[0].part) };
  });
  return { duplicates, unreadable };
}

function labelFindings(parts: readonly CheckedPart[]): Pick<DatasetCheck, 'oddBoxes' | 'unlabeled'> {
  const odd = Object.fromEntries(oddBoxKinds.map((kind) => [kind, [] as OddBoxes[]])) as Record<OddBoxKind, OddBoxes[]>;
  const unlabeled: CheckedImage[] = [];
  for (const { name: part, dataset } of parts) {
    const names = new Map(dataset.dataset.categories.map(({ id, name }) => [id, name]));
    const annotations = byImage(dataset.dataset);
    for (const image of dataset.dataset.images) {
      const here = { part, image, file: dataset.files.get(image.id) };
      const ofImage = annotations.get(image.id) ?? [];
      if (!ofImage.length) unlabeled.push(here);
      for (const { kind, annotations: boxes } of oddBoxes(image, ofImage)) {
        const named = boxes.map((annotation) => ({ category: names.get(annotation.category_id)!, annotation }));
        odd[kind].push({ ...here, boxes: named });
      }
    }
  }
  return { oddBoxes: odd, unlabeled };
}

function categoriesOf(parts: readonly CheckedPart[]): CheckedCategory[] {
  const names = new Set(parts.flatMap(({ dataset }) => dataset.dataset.categories.map(({ name }) => name)));
  const counts = parts.map(({ dataset: { dataset } }) => {
    const nameOf = new Map(dataset.categories.map(({ id, name }) => [id, name]));
    const byName = new Map([...names].map((name) => [name, { objects: 0, images: new Set() }]));
    for (const { category_id, image_id } of dataset.annotations) {
      const of = byName.get(nameOf.get(category_id)!)!;
      of.objects++;
      of.images.add(image_id);
    }
    return byName;
  });
  return [...names].map((name) => ({
    name,
    objects: counts.map((byName) => byName.get(name)!.objects),
    images: counts.map((byName) => byName.get(name)!.images.size),
  }));
}

/** A category has this many times fewer objects than the most frequent one if it is rare. */
const RARE = 100;

/** What is wrong with the balance of categories, in words. */
export function imbalances({ categories, parts }: Pick<DatasetCheck, 'categories' | 'parts'>): string[] {
  const totals = categories.map(({ objects }) => objects.reduce((sum, count) => sum + count, 0));
  const most = totals.reduce((greatest, total) => Math.max(greatest, total), 0);
  return categories.flatMap(({ name, objects }, k) => {
    if (totals[k] === 0) return [`${name}: no object`];
    const absent = parts.filter((_, part) => objects[part] === 0).map((part) => part.name);
    if (absent.length)
      return [`${name}: ${totals[k] === 1 ? '1 object' : `${totals[k]} objects`}, none in ${absent.join(', ')}`];
    return totals[k] * RARE <= most
      ? [`${name}: ${totals[k]} objects, where the most frequent category has ${most}`]
      : [];
  });
}
