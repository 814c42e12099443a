/**
 * COCO's compressed text of run-length encoded masks. A number is written in characters of 5 bits, lowest first, with
 * code 48 + bits, + 32 if more follow. The highest bit of the last character is the sign. From the fourth run on
 * (maskApi's `i > 2`), the number is the difference to the run two before.
 */
import type { CocoRle } from '../detection/coco/coco-format.ts';
import type { Rle } from './rle.ts';

const FIRST_CODE = 48;
const MORE = 32;
/** Differences of 32-bit numbers have 33 bits: up to seven characters. */
const MOST_CHARACTERS = 7;

/** Browsers have no Buffer. */
const decoder = new TextDecoder();

export function rleToString({ counts }: Rle): string {
  const text = new Uint8Array(counts.length * MOST_CHARACTERS);
  let length = 0;
  for (let run = 0; run < counts.length; run++) {
    const value = run > 2 ? counts[run] - counts[run - 2] : counts[run];
    let rest = value | 0;
    if (rest !== value) {
      // A difference has 33 bits: without the lowest five, 28.
      text[length++] = FIRST_CODE + MORE + (value & 31);
      rest = Math.floor(value / 32);
    }
    // Until five bits are left, of which the highest is the sign.
    for (; (rest << 27) >> 27 !== rest; rest >>= 5) text[length++] = FIRST_CODE + MORE + (rest & 31);
    text[length++] = FIRST_CODE + (rest & 31);
  }
  return decoder.decode(text.subarray(0, length));
}

/**
 * @throws Error with a reason when the text is malformed or the runs do not add up to height · width (pycocotools does
 *   not check either)
 */
export function rleFromString(text: string, height: number, width: number): Rle {
  const counts = new Uint32Array(text.length);
  let runs = 0;
  let last = 0;
  let beforeLast = 0;
  let total = 0;
  // Faults are looked for after the last character, which is faster: in all codes' bits, and in the longest number's.
  let allBits = 0;
  let mostBits = 0;
  let at = 0;
  while (at < text.length) {
    let code = text.charCodeAt(at++) - FIRST_CODE;
    let value = code & 31;
    let bits = 5;
    allBits |= code;
    for (; code & MORE; bits += 5) {
      code = text.charCodeAt(at++) - FIRST_CODE;
      value |= (code & 31) << bits;
      allBits |= code;
    }
    // The highest bit of the last character is the sign; an unpredictable branch on it would be slow.
    if (bits < 32) value = (value << (32 - bits)) >> (32 - bits);
    if (bits > mostBits) mostBits = bits;
    // Modulo 2³², which is what maskApi makes of a 33rd bit.
    if (runs > 2) value = (value + beforeLast) | 0;
    beforeLast = last;
    last = value;
    counts[runs++] = value;
    total += value >>> 0;
  }
  if (allBits >>> 0 > 63) throw new Error(strangeCharacter(text));
  if (at > text.length) throw new Error('it is cut off: more should follow its last character');
  if (mostBits > 5 * MOST_CHARACTERS) throw new Error(`one of its numbers has more than ${MOST_CHARACTERS} characters`);
  if (total !== height * width) throw new Error(wrongTotal(total, height, width));
  return { height, width, counts: counts.slice(0, runs) };
}

/** The problem of runs whose total does not fit the mask's size. */
export function wrongTotal(total: number, height: number, width: number): string {
  return `the runs add up to ${total} pixels, but ${height} × ${width} are ${height * width}`;
}

function strangeCharacter(text: string): string {
  const at = [...text].findIndex((character) => character < '0' || character > 'o');
  return `character ${at} is ${JSON.stringify([...text][at])}, which is not a character of compressed runs`;
}

/** A mask with its runs as text. */
export interface CompressedRle extends CocoRle {
  readonly counts: string;
}

export const compressed = (rle: Rle): CompressedRle => ({ size: [rle.height, rle.width], counts: rleToString(rle) });
