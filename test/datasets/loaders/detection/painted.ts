import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DetectionSample, encodeImage, type Image } from '../../../../datasets/index.ts';
import type { Random } from '../../../../io/random.ts';

/** A box of pixels [x1, y1, x2, y2] and its color. */
export interface PaintedBox {
  readonly box: readonly [number, number, number, number];
  readonly color: readonly [number, number, number];
}

/** Gray, with boxes on it. */
export function painted(width: number, height: number, boxes: readonly PaintedBox[]): Image {
  const data = new Uint8Array(width * height * 3).fill(60);
  for (const { box, color } of boxes) {
    const [x1, y1, x2, y2] = box;
    for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) data.set(color, (y * width + x) * 3);
  }
  return { width, height, data };
}

/** A box of some size, anywhere in the picture. */
export function randomBox(width: number, height: number, random: Random): PaintedBox['box'] {
  const [w, h] = [8 + random.integer(width - 8), 8 + random.integer(height - 8)];
  const [x, y] = [random.integer(width - w + 1), random.integer(height - h + 1)];
  return [x, y, x + w, y + h];
}

/** Where one channel is bright: [x1, y1, x2, y2], the rows and columns of pixels brighter than half. */
export function brightBox(
  { data, height, width }: { readonly data: ArrayLike<number>; readonly height: number; readonly width: number },
  channel: number,
  level: number,
): number[] | undefined {
  let found: number[] | undefined;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[(y * width + x) * 3 + channel] <= level) continue;
      found ??= [x, y, x + 1, y + 1];
      found = [Math.min(found[0], x), found[1], Math.max(found[2], x + 1), y + 1];
    }
  }
  return found;
}

/** Writes pictures of one red box each, of several shapes, as PNG files. */
export async function paintedSamples(folder: string, count: number, random: Random): Promise<DetectionSample[]> {
  const samples: DetectionSample[] = [];
  for (let i = 0; i < count; i++) {
    const [width, height] = [
      [48, 32],
      [32, 48],
      [64, 24],
    ][i % 3];
    const box = randomBox(width, height, random);
    const file = join(folder, `${i}.png`);
    writeFileSync(file, await encodeImage(painted(width, height, [{ box, color: [255, 0, 0] }]), 'png'));
    samples.push({ file, width, height, boxes: Float32Array.from(box), labels: Int32Array.of(1 + (i % 2)) });
  }
  return samples;
}
