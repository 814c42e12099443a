import { ByteScanner, nameBytes } from '../../io/json/byte-scanner.ts';
import { CLOSE_LIST, CLOSE_OBJECT, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } from '../../io/json/json-window.ts';

const BACKSLASH = 0x5c;
const [ID, IMAGE_ID, CATEGORY_ID, BBOX, AREA, IS_CROWD, SEGMENTATION] = [
  'id',
  'image_id',
  'category_id',
  'bbox',
  'area',
  'iscrowd',
  'segmentation',
].map(nameBytes);
const [SIZE, COUNTS] = ['size', 'counts'].map(nameBytes);

/** Bits of the fields that an annotation must have; `iscrowd` and `segmentation` may be missing. */
const NEEDED = 31;

/**
 * Reads annotations of objects with boxes, as instances_val2017.json has them, without making objects. They have the
 * fields named above, each at most once and no others; a segmentation is a list of polygons or a run-length encoded
 * mask, and an empty one is not read.
 */
export class AnnotationScanner extends ByteScanner {
  id = 0;
  imageId = 0;
  categoryId = 0;
  readonly box = new Float64Array(4);
  area = 0;
  isCrowd = 0;
  /** Height and width of a run-length encoded mask; NaN without one. */
  readonly maskSize = new Float64Array(2);

  protected fields(): boolean {
    this.isCrowd = 0;
    this.maskSize.fill(Number.NaN);
    if (!this.takes(OPEN_OBJECT)) return false;
    for (let seen = 0; ; ) {
      if (!this.takes(QUOTE)) return false;
      let bit: number;
      if (this.isName(ID)) {
        bit = 1;
        if (!this.number()) return false;
        this.id = this.value;
      } else if (this.isName(IMAGE_ID)) {
        bit = 2;
        if (!this.number()) return false;
        this.imageId = this.value;
      } else if (this.isName(CATEGORY_ID)) {
        bit = 4;
        if (!this.number()) return false;
        this.categoryId = this.value;
      } else if (this.isName(AREA)) {
        bit = 8;
        if (!this.number()) return false;
        this.area = this.value;
      } else if (this.isName(BBOX)) {
        bit = 16;
        if (!this.numbers(this.box)) return false;
      } else if (this.isName(IS_CROWD)) {
        bit = 32;
        if (!this.number()) return false;
        this.isCrowd = this.value;
      } else if (this.isName(SEGMENTATION)) {
        bit = 64;
        if (!this.#segmentation()) return false;
      } else {
        return false;
      }
      if (seen & bit) return false;
      seen |= bit;
      if (this.takes(COMMA)) continue;
      return this.takes(CLOSE_OBJECT) && (seen & NEEDED) === NEEDED;
    }
  }

  /** Skips polygons or a run-length encoded mask, which boxes do not need. */
  #segmentation(): boolean {
    if (this.next() === OPEN_OBJECT) return this.#mask();
    if (!this.takes(OPEN_LIST)) return false;
    do if (!this.#skipsNumbers()) return false;
    while (this.takes(COMMA));
    return this.takes(CLOSE_LIST);
  }

  #skipsNumbers(): boolean {
    if (!this.takes(OPEN_LIST)) return false;
    do if (!this.number()) return false;
    while (this.takes(COMMA));
    return this.takes(CLOSE_LIST);
  }

  #mask(): boolean {
    this.at++;
    for (let seen = 0; ; ) {
      if (!this.takes(QUOTE)) return false;
      if (!(seen & 1) && this.isName(SIZE)) {
        seen |= 1;
        if (!this.numbers(this.maskSize)) return false;
      } else if (!(seen & 2) && this.isName(COUNTS)) {
        seen |= 2;
        if (!(this.next() === QUOTE ? this.#text() : this.#skipsNumbers())) return false;
      } else return false;
      if (this.takes(COMMA)) continue;
      return seen === 3 && this.takes(CLOSE_OBJECT);
    }
  }

  /** Skips a text without escapes, of ASCII's printable characters. */
  #text(): boolean {
    const bytes = this.bytes;
    let at = this.at + 1;
    for (; bytes[at] !== QUOTE; at++)
      if (!(bytes[at] >= 0x20 && bytes[at] < 0x7f) || bytes[at] === BACKSLASH) return false;
    this.at = at + 1;
    return true;
  }
}
