/** OpenCV's bilinear resizing of bytes, with which MMDetection's detectors are trained and measured. */
import type { Image } from '../image.ts';
import { roundHalfEven } from '../round-half-even.ts';
import { betweenRows } from './between-rows.ts';

/** OpenCV's weights are integers over 2¹¹. */
const COEFFICIENT_BITS = 11;

/**
 * For each output position of OpenCV's bilinear resizing: the two inputs around it, and their weights. Beyond an edge
 * columns have one input; rows have the same one twice, and are rounded twice.
 */
function fixedInterpolation(inSize: number, outSize: number, isOfColumns: boolean) {
  const [first, second] = [new Int32Array(outSize), new Int32Array(outSize)];
  const [ofFirst, ofSecond] = [new Int32Array(outSize), new Int32Array(outSize)];
  const scale = 1 / (outSize / inSize);
  for (let i = 0; i < outSize; i++) {
    const at = Math.fround((i + 0.5) * scale - 0.5);
    const floor = Math.floor(at);
    const isInside = floor >= 0 && floor < inSize - 1;
    const share = isInside || !isOfColumns ? Math.fround(at - floor) : 0;
    first[i] = Math.min(Math.max(floor, 0), inSize - 1);
    second[i] = Math.min(Math.max(floor + 1, 0), inSize - 1);
    ofFirst[i] = roundHalfEven(Math.fround(1 - share) * 2 ** COEFFICIENT_BITS);
    ofSecond[i] = roundHalfEven(share * 2 ** COEFFICIENT_BITS);
  }
  return { first, second, ofFirst, ofSecond };
}

/** OpenCV's `resize(image, (width, height), interpolation=INTER_LINEAR)` of bytes, which is not antialiased. */
export function resizePlain(image: Image, width: number, height: number): Image {
  const columns = fixedInterpolation(image.width, width, true);
  const rows = fixedInterpolation(image.height, height, false);
  const length = width * 3;
  const data = new Uint8Array(height * length);
  const stretch = (y: number, into: Int32Array) => {
    const row = y * image.width;
    for (let x = 0, o = 0; x < width; x++) {
      const [p, q] = [3 * (row + columns.first[x]), 3 * (row + columns.second[x])];
      const [ofP, ofQ] = [columns.ofFirst[x], columns.ofSecond[x]];
      for (let channel = 0; channel < 3; channel++, o++) {
        into[o] = image.data[p + channel] * ofP + image.data[q + channel] * ofQ;
      }
    }
  };
  betweenRows(rows, [new Int32Array(length), new Int32Array(length)], stretch, (upper, lower, y) => {
    const [ofUpper, ofLower] = [rows.ofFirst[y], rows.ofSecond[y]];
    for (let i = 0, o = y * length; i < length; i++, o++) {
      const sum = ((ofUpper * (upper[i] >> 4)) >> 16) + ((ofLower * (lower[i] >> 4)) >> 16);
      data[o] = (sum + 2) >> 2;
    }
  });
  return { width, height, data };
}
