import type { ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';

/** What detections are compared by. */
export type IouType = 'bbox' | 'segm' | 'keypoints';

/** Standard deviations of human labels of COCO's 17 keypoints, relative to the person's size. */
const KEYPOINT_SIGMAS = [
  0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89,
].map((sigma) => sigma / 10);

/** numpy's `linspace`, to the last bit. */
function linspace(start: number, stop: number, count: number): number[] {
  const step = (stop - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? stop : i * step + start));
}

/** The settings of an evaluation, with pycocotools' names; all may be changed before `evaluate`. */
export class Params {
  readonly iouType: IouType;
  /** Images to evaluate; all by default. */
  imgIds: readonly ImageId[] = [];
  /** Categories to evaluate; all by default. */
  catIds: readonly number[] = [];
  /** T thresholds at which a detection matches. */
  iouThrs: readonly number[] = linspace(0.5, 0.95, 10);
  /** R recalls at which precision is read. */
  recThrs: readonly number[] = linspace(0, 1, 101);
  /** M limits on the detections per image and category, best first. */
  maxDets: readonly number[];
  /** A area ranges, both ends inclusive. */
  areaRng: readonly (readonly [number, number])[];
  areaRngLbl: readonly string[];
  /** 0: all categories count as one. */
  useCats: 0 | 1 | boolean = 1;
  kptOksSigmas: readonly number[] = KEYPOINT_SIGMAS;

  constructor(iouType: IouType) {
    this.iouType = iouType;
    const [all, small, medium, large] = [
      [0, 1e5 ** 2],
      [0, 32 ** 2],
      [32 ** 2, 96 ** 2],
      [96 ** 2, 1e5 ** 2],
    ] as const;
    this.maxDets = iouType === 'keypoints' ? [20] : [1, 10, 100];
    this.areaRng = iouType === 'keypoints' ? [all, medium, large] : [all, small, medium, large];
    this.areaRngLbl = iouType === 'keypoints' ? ['all', 'medium', 'large'] : ['all', 'small', 'medium', 'large'];
  }

  copy(): Params {
    return Object.assign(new Params(this.iouType), this);
  }
}

/** The distinct ids, ascending. */
export const sortedIds = <T extends ImageId>(ids: readonly T[]): T[] =>
  [...new Set(ids)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** @throws ResnetCocoError BAD_CONFIG when a setting is unusable; names the setting */
export function checkParams({ areaRng, areaRngLbl, iouThrs, maxDets, recThrs }: Params): void {
  for (const [name, list] of Object.entries({ areaRng, iouThrs, maxDets, recThrs })) {
    if (!list.length) throw new ResnetCocoError('BAD_CONFIG', `params.${name} is empty: it wants at least one entry`);
  }
  if (areaRng.length !== areaRngLbl.length) {
    throw new ResnetCocoError(
      'BAD_CONFIG',
      `params.areaRngLbl names ${areaRngLbl.length} ranges, params.areaRng has ${areaRng.length}`,
    );
  }
}
