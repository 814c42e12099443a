/** What is odd in annotations or results, yet does no harm: counted, and told in one line each. */

const SHOWN = 5;

/** The first of some ids. */
export function listed(ids: Iterable<unknown>): string {
  const all = [...ids].map((id) => JSON.stringify(id));
  return all.slice(0, SHOWN).join(', ') + (all.length > SHOWN ? ' …' : '');
}

/** Masks that are run-length encoded for another size than their image has: no mask of the right size matches them. */
export class MaskSizes {
  private count = 0;
  private first = '';

  /** @param segmentation whatever JSON can be; polygons have no size */
  add(segmentation: unknown, image: { readonly height: number; readonly width: number } | undefined, place: string) {
    const size = (segmentation as { readonly size?: unknown } | null | undefined)?.size;
    if (!image || !Array.isArray(size) || size.length !== 2) return;
    const { height, width } = image;
    if (!Number.isFinite(height) || !Number.isFinite(width) || (size[0] === height && size[1] === width)) return;
    if (this.count++ === 0) this.first = `${place} has [${size}], its image [${[height, width]}]`;
  }

  warnings(name: string): string[] {
    if (!this.count) return [];
    const masks = this.count === 1 ? '1 mask has' : `${this.count} masks have`;
    return [
      `${name}: ${masks} another size [height, width] than the image, and match none of another size than their own: ${this.first}`,
    ];
  }
}
