/** Harmless oddities of annotations or results, counted and described in one line each. */

const SHOWN = 5;

/** Lists the first of some ids. */
export function listed(ids: Iterable<unknown>): string {
  const all = [...ids].map((id) => JSON.stringify(id));
  return all.slice(0, SHOWN).join(', ') + (all.length > SHOWN ? ' …' : '');
}

/** Where an oddity occurs: how often, and the first places. */
class Places {
  count = 0;
  readonly #first: string[] = [];

  add(place: string): void {
    if (this.count++ < SHOWN) this.#first.push(place);
  }

  /** Lists the first places, without those already described. */
  after(told: number): string {
    return this.#first.slice(told).join(', ') + (this.count > SHOWN ? ' …' : '');
  }
}

/** Run-length encoded masks whose size differs from their image's; no mask of the right size matches them. */
export class MaskSizes {
  readonly #places = new Places();
  #sizes = '';

  /**
   * @param segmentation any JSON value; polygons have no size
   * @param image undefined when it is unknown
   */
  add(segmentation: unknown, image: CocoSize | undefined, place: string): void {
    const size = (segmentation as { readonly size?: unknown } | null | undefined)?.size;
    if (!image || !Array.isArray(size) || size.length !== 2) return;
    const { height, id, width } = image;
    if (!Number.isFinite(height) || !Number.isFinite(width) || (size[0] === height && size[1] === width)) return;
    if (!this.#places.count) this.#sizes = `${place} has [${size}], its image [${[height, width]}]`;
    this.#places.add(`${place} of image ${JSON.stringify(id)}`);
  }

  warnings(name: string): string[] {
    const { count } = this.#places;
    if (!count) return [];
    const masks = count === 1 ? '1 mask has' : `${count} masks have`;
    const others = count === 1 ? '' : `; so ${count === 2 ? 'has' : 'have'} ${this.#places.after(1)}`;
    return [
      `${name}: ${masks} another size [height, width] than the image, and match only masks of that size: ${this.#sizes}${others}`,
    ];
  }
}

interface CocoSize {
  readonly id: unknown;
  readonly height: number;
  readonly width: number;
}

/** Oddities of boxes: the wording for one and for several, and the remedy. */
const BOX_ODDITIES = {
  /** Such boxes are empty, so nothing matches them. */
  negative: ['has', 'have', 'a negative width or height, and match nothing', 'a box is x, y, width, height'],
  outside: ['lies', 'lie', 'wholly outside the image, and match nothing', 'a box is x, y, width, height in pixels'],
  fractions: ['is', 'are', 'within the first pixel, as if in fractions of the image', 'a box is in pixels'],
} as const;

/** Boxes of one kind that match nothing. */
export class OddBoxes {
  readonly #places = new Places();
  readonly #kind: keyof typeof BOX_ODDITIES;

  constructor(kind: keyof typeof BOX_ODDITIES) {
    this.#kind = kind;
  }

  add(place: string): void {
    this.#places.add(place);
  }

  warnings(name: string): string[] {
    const { count } = this.#places;
    if (!count) return [];
    const [one, several, oddity, wanted] = BOX_ODDITIES[this.#kind];
    const boxes = count === 1 ? `1 box ${one}` : `${count} boxes ${several}`;
    return [`${name}: ${boxes} ${oddity}: ${this.#places.after(0)}; ${wanted}`];
  }
}
