import type { ImageSize } from '../../images/image-size.ts';
import type { PlannedBatch } from '../classification/epoch-plan.ts';
import { type EpochOrder, eachOnce, weighted } from '../epoch-order.ts';
import { seeded } from '../seeded.ts';

/**
 * Groups images by their ratio of width to height. Bounds are 2^(i/k) for i = −k … k, and only 1 for k = 0 (torchvision
 * `group_by_aspect_ratio.py`).
 *
 * @param factor k; −1 puts all images in one group
 */
export function aspectRatioGroups(sizes: readonly ImageSize[], factor: number): Int32Array {
  if (factor < 0) return new Int32Array(sizes.length);
  const borders = factor ? Array.from({ length: 2 * factor + 1 }, (_, i) => 2 ** (i / factor - 1)) : [1];
  return Int32Array.from(sizes, ({ height, width }) => borders.filter((border) => border <= width / height).length);
}

export interface GroupedPlanOptions {
  /** The group of each image. */
  readonly groups: Int32Array;
  /** Images per batch. */
  readonly batch: number;
  readonly seed: number;
  readonly epoch: number;
  /** How often each image comes, against others; by default each comes once. */
  readonly weights?: ArrayLike<number> | undefined;
}

/**
 * Plans an epoch's batches: shuffled, each from one group (torchvision's `GroupedBatchSampler`). Groups too small for a
 * last batch are filled with images used before. There are as many batches as whole ones fit in all images.
 */
export class GroupedPlan {
  readonly #groups: Int32Array;
  readonly #order: EpochOrder;
  readonly #list: readonly Int32Array[];

  constructor({ batch, epoch, groups, seed, weights }: GroupedPlanOptions) {
    this.#groups = groups;
    const random = seeded(seed, 'order', epoch);
    this.#order = weights ? weighted(weights, random) : eachOnce(groups.length, random);
    this.#list = batchesOf(this.#order, groups, batch);
  }

  /** Number of batches. */
  get batches(): number {
    return this.#list.length;
  }

  /**
   * The images of a batch. A broken image is replaced by the next good one in the epoch's order, of the same group if
   * possible, which then appears twice.
   *
   * @param broken by index
   * @returns undefined when no image is left as a replacement
   */
  batch(number: number, broken: { has(index: number): boolean }): PlannedBatch | undefined {
    const places = this.#list[number];
    const indices = places.map((place) => {
      const index = place % this.#groups.length;
      return broken.has(index) ? this.#substitute(place, broken) : index;
    });
    return indices.includes(NONE) ? undefined : { indices, places };
  }

  #substitute(place: number, broken: { has(index: number): boolean }): number {
    const groups = this.#groups;
    const order = this.#order;
    const at = order.indexOf(place);
    const group = groups[place % groups.length];
    const others = [...order.subarray(at + 1), ...order.subarray(0, at)].map((other) => other % groups.length);
    const following = others.filter((other) => !broken.has(other));
    return following.find((other) => groups[other] === group) ?? following[0] ?? NONE;
  }
}

const NONE = -1;

function batchesOf(order: EpochOrder, groups: Int32Array, batch: number): Int32Array[] {
  const waiting = new Map<number, number[]>();
  const seen = new Map<number, number[]>();
  const batches: Int32Array[] = [];
  for (const index of order) {
    const group = groups[index % groups.length];
    if (!seen.has(group)) seen.set(group, []);
    seen.get(group)!.push(index);
    const list = waiting.get(group) ?? [];
    list.push(index);
    waiting.set(group, list);
    if (list.length < batch) continue;
    batches.push(Int32Array.from(list));
    waiting.set(group, []);
  }
  const wanted = Math.floor(order.length / batch);
  // The fullest group first; ties go to the group that came first.
  for (const [group, list] of [...waiting].sort(([, a], [, b]) => b.length - a.length)) {
    if (batches.length === wanted) break;
    const all = seen.get(group)!;
    batches.push(Int32Array.from({ length: batch }, (_, i) => list[i] ?? all[(i - list.length) % all.length]));
  }
  return batches;
}
