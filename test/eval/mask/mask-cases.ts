import type { BinaryMask } from '../../../eval/mask/mask.ts';
import { Draws, mix } from './draws.ts';

type Inside = (x: number, y: number) => boolean;

/** A mask of `fixtures/masks.py`, made again; inside it is 1, or 255 in every third. */
export function maskCase(index: number): BinaryMask {
  const d = new Draws(1, index);
  let [width, height] = [d.side(2), d.side(2)];
  if (index % 301 === 0) [width, height] = [4096, 4096];
  const kind = index % 8;
  if (kind === 3) [width, height] = d.below(2) ? [1, height] : [width, 1];
  const inside = insideOf(kind, index, d, width, height);
  const data = new Uint8Array(height * width);
  const value = index % 3 ? 1 : 255;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) if (inside(x, y)) data[i] = value;
  }
  return { data, height, width };
}

function insideOf(kind: number, index: number, d: Draws, w: number, h: number): Inside {
  const seed = d.next();
  const density = [1, 8, 64, 128, 192, 248, 255][d.below(7)];
  const noise: Inside = (x, y) => mix(seed, y * w + x) >>> 24 < density;
  if (kind === 0 || kind === 3) return noise;
  if (kind === 1) return stripes(d);
  if (kind === 2) return allOrOne((index >> 3) % 4, d.below(w), d.below(h));
  if (kind === 4 || kind === 7) return blobs(d, w, h, kind === 7);
  if (kind === 5) return columns(d, w, h);
  const shift = d.below(7);
  return (x, y) => noise(x >> shift, y >> shift);
}

function stripes(d: Draws): Inside {
  const [a, b, period] = [d.below(4), d.below(4), d.between(1, 40)];
  const thickness = d.below(period + 1);
  return (x, y) => (a * x + b * y) % period < thickness;
}

function allOrOne(which: number, p: number, q: number): Inside {
  if (which < 2) return () => which === 1;
  return (x, y) => (x === p && y === q) === (which === 2);
}

function blobs(d: Draws, w: number, h: number, alternate: boolean): Inside {
  const all = d.list(d.between(1, 5), () => [d.below(w), d.below(h), d.between(1, w), d.between(1, h)]);
  return (x, y) => {
    let count = 0;
    for (const [cx, cy, a, b] of all) {
      if ((x - cx) ** 2 * b * b + (y - cy) ** 2 * a * a <= a * a * b * b) count++;
    }
    return alternate ? count % 2 === 1 : count > 0;
  };
}

/** Whole columns and what comes before and after. */
function columns(d: Draws, w: number, h: number): Inside {
  const [p, q] = d.list(2, () => d.below(w) * h + d.below(h));
  const [first, last] = [Math.min(p, q), Math.max(p, q)];
  return (x, y) => x * h + y >= first && x * h + y <= last;
}
