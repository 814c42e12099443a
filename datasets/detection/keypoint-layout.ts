import { ResnetCocoError } from '../../errors.ts';
import { cocoKeypoints, cocoSkeleton } from '../known/coco-keypoints.ts';
import type { CocoAnnotation, CocoCategory, CocoDataset } from './coco/coco-format.ts';

/** Which keypoints the objects of a data set have. K: keypoints of an object. */
export interface KeypointLayout {
  /** [K], in the order of an annotation's triples. */
  readonly names: readonly string[];
  /** Pairs of keypoints, counted from 1, that a line joins. */
  readonly skeleton: readonly (readonly [number, number])[];
  /** Which one takes the place of each in a mirrored image, [K], for `DetectionRecipe.keypoint_hflip_indices`. */
  readonly hflip_indices: readonly number[];
  /** What a person should know: names that are missing, lines to nowhere. */
  readonly notes: readonly string[];
}

/**
 * Finds which keypoints the objects of a data set have, from their category. Where no category names any, 17 of them are
 * those of COCO's persons, and any others are numbered.
 *
 * @returns undefined for a data set without keypoints
 * @throws ResnetCocoError BAD_DATASET when names are malformed, or categories have different keypoints
 */
export function keypointLayout({
  annotations,
  categories,
}: Pick<CocoDataset, 'annotations' | 'categories'>): KeypointLayout | undefined {
  const [first, ...others] = categories.filter(({ keypoints }) => keypoints != null && keypoints.length !== 0);
  if (!first) return unnamedLayout(annotations);
  const names = namesOf(first);
  for (const other of others) {
    if (JSON.stringify(namesOf(other)) === JSON.stringify(names)) continue;
    throw new ResnetCocoError(
      'BAD_DATASET',
      `the categories '${first.name}' and '${other.name}' have different keypoints; a model learns one kind: keep the categories of one`,
    );
  }
  const [hflip_indices, skeleton] = [hflipIndices(names), skeletonOf(first, names.length)];
  const notes: string[] = [];
  if (names.length > 1 && hflip_indices.every((partner, index) => partner === index)) {
    notes.push(`no keypoint of '${first.name}' is left or right by its name: none are exchanged in mirrored images`);
  }
  const left = (first.skeleton?.length ?? 0) - skeleton.length;
  if (left) notes.push(`${left} pairs of the skeleton of '${first.name}' are not two of 1 … ${names.length}: left out`);
  return { names, skeleton, hflip_indices, notes };
}

function unnamedLayout(annotations: readonly CocoAnnotation[]): KeypointLayout | undefined {
  const example = annotations.find(({ keypoints }) => keypoints?.length);
  if (!example) return undefined;
  const count = example.keypoints!.length / 3;
  const remedy = 'give the category `keypoints`, a list of names such as left_eye';
  if (count === cocoKeypoints.length) {
    const notes = [
      `no category names its ${count} keypoints: they are taken for those of COCO's persons; or ${remedy}`,
    ];
    return { names: cocoKeypoints, skeleton: cocoSkeleton, hflip_indices: hflipIndices(cocoKeypoints), notes };
  }
  const names = Array.from({ length: count }, (_, i) => `keypoint ${i + 1}`);
  const notes = [
    `no category names its ${count} keypoints: none are left or right, and none exchanged in mirrored images; ${remedy}`,
  ];
  return { names, skeleton: [], hflip_indices: [...names.keys()], notes };
}

function namesOf({ keypoints, name }: CocoCategory): readonly string[] {
  const names: readonly unknown[] = Array.isArray(keypoints) ? keypoints : [];
  const isNamed = names.length > 0 && names.every((one) => typeof one === 'string' && one !== '');
  if (isNamed && new Set(names).size === names.length) return names as readonly string[];
  throw new ResnetCocoError(
    'BAD_DATASET',
    `category '${name}': keypoints is ${JSON.stringify(keypoints)}; expected a list of names, each only once`,
  );
}

function skeletonOf({ skeleton }: CocoCategory, count: number): (readonly [number, number])[] {
  const isKeypoint = (end: unknown) => Number.isInteger(end) && (end as number) >= 1 && (end as number) <= count;
  return (skeleton ?? []).filter((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isKeypoint));
}

/** By words of a name that say a side, the other side. */
const OTHER_SIDE: Readonly<Record<string, string>> = { left: 'right', right: 'left', l: 'r', r: 'l' };

const otherSide = (word: string): string => OTHER_SIDE[word] ?? word.replace(/left|right/, (side) => OTHER_SIDE[side]);

/** The words of a name in lower case: `leftEye`, `left_eye` and `Left eye` have the same two. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1$3 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);

/**
 * For each keypoint, which one takes its place in a mirrored image: `right_eye` that of `left_eye`, `r-ear` that of
 * `l-ear`. One without a counterpart keeps its place.
 */
export function hflipIndices(names: readonly string[]): number[] {
  const places = new Map(names.map((name, index) => [wordsOf(name).join(' '), index]));
  const partners = names.map((name, index) => {
    const other = wordsOf(name).map(otherSide).join(' ');
    return places.get(other) ?? index;
  });
  // Of names that are one but for their case, only one can be a partner.
  return partners.map((partner, index) => (partners[partner] === index ? partner : index));
}
