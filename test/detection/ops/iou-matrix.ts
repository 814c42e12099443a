import { type Boxes, boxAreas } from '../../../detection/ops/boxes.ts';

const { fround } = Math;

/** Intersection over union of every box of `a` with every box of `b`: [A, B]. Two empty boxes give NaN, as in torch. */
export function iouMatrix(a: Boxes, b: Boxes): Float32Array {
  const areasA = boxAreas(a);
  const areasB = boxAreas(b);
  const ious = new Float32Array(areasA.length * areasB.length);
  let out = 0;
  for (let i = 0; i < a.length; i += 4) {
    const area = areasA[i >> 2];
    for (let j = 0; j < b.length; j += 4) {
      const width = fround(Math.min(a[i + 2], b[j + 2]) - Math.max(a[i], b[j]));
      const height = fround(Math.min(a[i + 3], b[j + 3]) - Math.max(a[i + 1], b[j + 1]));
      const intersection = fround(Math.max(width, 0) * Math.max(height, 0));
      ious[out++] = intersection / fround(fround(area + areasB[j >> 2]) - intersection);
    }
  }
  return ious;
}
