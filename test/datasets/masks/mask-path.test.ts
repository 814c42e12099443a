import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskPath } from '../../../datasets/masks/mask-path.ts';
import type { Rle } from '../../../datasets/masks/rle.ts';
import { rleArea } from '../../../datasets/masks/rle.ts';
import { rleFromRows, rleToRows } from '../../../datasets/masks/row-major.ts';
import { Random } from '../../../io/random.ts';

const maskOf = (width: number, height: number, has: (x: number, y: number) => boolean): Rle =>
  rleFromRows(
    Uint8Array.from({ length: width * height }, (_, p) => Number(has(p % width, Math.floor(p / width)))),
    height,
    width,
  );

/** The corners of each ring of a path. */
function ringsOf(path: string): [number, number][][] {
  return [...path.matchAll(/M(\S+) (\S+?)l(.*?)z/g)].map(([, x, y, rest]) => {
    const steps = [...rest.matchAll(/-?[\d.]+/g)].map(Number);
    const ring: [number, number][] = [[Number(x), Number(y)]];
    for (let i = 0; i < steps.length; i += 2) {
      const [lastX, lastY] = ring[ring.length - 1];
      ring.push([lastX + steps[i], lastY + steps[i + 1]]);
    }
    return ring;
  });
}

/** The pixels whose center is inside by the even-odd rule, row by row. */
function filled(path: string, width: number, height: number): Uint8Array {
  const rings = ringsOf(path);
  return Uint8Array.from({ length: width * height }, (_, p) => {
    const [x, y] = [(p % width) + 0.5, Math.floor(p / width) + 0.5];
    let inside = 0;
    for (const ring of rings) {
      for (const [i, [ax, ay]] of ring.entries()) {
        const [bx, by] = ring[(i + 1) % ring.length];
        if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside ^= 1;
      }
    }
    return inside;
  });
}

function iou(a: Uint8Array, b: Uint8Array): number {
  const count = (has: (p: number) => boolean | number) => a.reduce((sum, _, p) => sum + (has(p) ? 1 : 0), 0);
  return count((p) => a[p] && b[p]) / count((p) => a[p] || b[p]);
}

test('an outline encloses the pixels of its mask, without those of its hole', () => {
  const ring = maskOf(120, 90, (x, y) => {
    const distance = Math.hypot(x - 60, (y - 45) * 1.3);
    return distance < 50 && distance > 20;
  });
  for (const [detail, least] of [
    [1, 0.97],
    [3, 0.93],
  ]) {
    const path = maskPath(ring, detail);
    assert.is(ringsOf(path).length, 2);
    assert.ok(iou(filled(path, 120, 90), rleToRows(ring)) > least);
  }
  assert.ok(maskPath(ring, 1).length < 700, maskPath(ring, 1));
});

test('corners of a rectangle at the image’s border stay within half a pixel', () => {
  const path = maskPath(
    maskOf(40, 30, (x, y) => x < 25 && y >= 10),
    1,
  );
  const [ring, ...others] = ringsOf(path);
  assert.is(others.length, 0);
  assert.ok(ring.length <= 8);
  for (const [corner, ...place] of [
    ['left top', 0, 10],
    ['right top', 25, 10],
    ['right bottom', 25, 30],
    ['left bottom', 0, 30],
  ] as const) {
    assert.ok(
      ring.some(([x, y]) => Math.hypot(x - place[0], y - place[1]) <= 0.5),
      corner,
    );
  }
});

test('the smallest masks have an outline, an empty one has none', () => {
  const dot = maskPath(
    maskOf(9, 7, (x, y) => x === 4 && y === 2),
    50,
  );
  assert.equal(filled(dot, 9, 7).indexOf(1), 2 * 9 + 4);
  for (const counts of [[], [63], [63, 0], [0, 0, 63]]) {
    assert.is(maskPath({ width: 9, height: 7, counts: Uint32Array.from(counts) }, 1), '');
  }
});

test('touching and scattered pixels are all inside', () => {
  const random = new Random(3);
  const noise = maskOf(30, 20, () => random.uniform() < 0.5);
  const found = filled(maskPath(noise, 1), 30, 20);
  const missed = rleToRows(noise).filter((inside, p) => inside && !found[p]).length;
  assert.ok(missed <= 0.1 * rleArea(noise), `${missed}`);
});

test('a large mask is as short as its page asks', () => {
  const disc = maskOf(2000, 1500, (x, y) => Math.hypot(x - 1000, y - 750) < 700);
  const [fine, coarse] = [2, 20].map((detail) => maskPath(disc, detail).length);
  assert.ok(coarse < 350 && fine < 2500, `${coarse}, ${fine}`);
});

test.run();
