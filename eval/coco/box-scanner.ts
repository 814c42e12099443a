import { ByteScanner, nameBytes } from '../../io/json/byte-scanner.ts';
import { CLOSE_OBJECT, COMMA, OPEN_OBJECT, QUOTE } from '../../io/json/json-window.ts';

const [IMAGE_ID, CATEGORY_ID, BBOX, SCORE] = ['image_id', 'category_id', 'bbox', 'score'].map(nameBytes);

/**
 * Reads results such as `{"image_id": 42, "category_id": 18, "bbox": [258.15, 41.29, 348.26, 243.78], "score": 0.236}`
 * from their text without making objects, which would take most of the evaluation's time.
 */
export class BoxScanner extends ByteScanner {
  imageId = 0;
  categoryId = 0;
  readonly box = new Float64Array(4);
  score = 0;

  protected fields(): boolean {
    if (!this.takes(OPEN_OBJECT)) return false;
    for (let seen = 0; ; ) {
      if (!this.takes(QUOTE)) return false;
      let bit: number;
      // The names differ in their first letters.
      switch (this.bytes[this.at]) {
        case IMAGE_ID[0]:
          if (!this.isName(IMAGE_ID) || !this.number()) return false;
          this.imageId = this.value;
          bit = 1;
          break;
        case CATEGORY_ID[0]:
          if (!this.isName(CATEGORY_ID) || !this.number()) return false;
          this.categoryId = this.value;
          bit = 2;
          break;
        case SCORE[0]:
          if (!this.isName(SCORE) || !this.number()) return false;
          this.score = this.value;
          bit = 4;
          break;
        case BBOX[0]:
          if (!this.isName(BBOX) || !this.numbers(this.box)) return false;
          bit = 8;
          break;
        default:
          return false;
      }
      if (seen & bit) return false;
      seen |= bit;
      if (this.takes(COMMA)) continue;
      return this.takes(CLOSE_OBJECT) && seen === 15;
    }
  }

  /** Whether every number of the box is from -most to most. */
  isWithin(most: number): boolean {
    for (let side = 0; side < 4; side++) if (!(Math.abs(this.box[side]) <= most)) return false;
    return true;
  }
}
