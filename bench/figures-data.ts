/**
 * Makes a data set of overlapping discs, boxes and stick figures, with masks of what can be seen of each and the joints of
 * the figures: what a Mask R-CNN or a Keypoint R-CNN must learn from scratch within minutes.
 *
 * Usage: npm run bench:figures -- --out DIR [--count 400] [--held-out 80] [--seed 1] [--width 192] [--height 144]
 *
 * `DIR` then has train.json, val.json and images.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CocoAnnotation, type CocoDataset, encodeImage, type Image } from '../datasets/index.ts';
import { mask as masks } from '../eval/index.ts';
import { Random } from '../io/random.ts';
import { makeFolder, writeWholeFile } from '../io/whole-file.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '' },
    count: { type: 'string', default: '400' },
    'held-out': { type: 'string', default: '80' },
    seed: { type: 'string', default: '1' },
    width: { type: 'string', default: '192' },
    height: { type: 'string', default: '144' },
  },
});
if (!values.out) throw new Error('name --out');
const [count, heldOut, width, height] = [values.count, values['held-out'], values.width, values.height].map(Number);
const random = new Random(Number(values.seed));

const JOINTS = ['head', 'neck', 'hip', 'left_hand', 'right_hand', 'left_foot', 'right_foot'];
const BONES = [
  [1, 2],
  [2, 3],
  [2, 4],
  [2, 5],
  [3, 6],
  [3, 7],
];
const categories = [
  { id: 1, name: 'disc' },
  { id: 2, name: 'box' },
  { id: 3, name: 'figure', keypoints: JOINTS, skeleton: BONES as [number, number][] },
];
/** Of an object, the least share that others may leave to be seen. */
const LEAST_SEEN = 0.4;

type Point = readonly [x: number, y: number];

/** A drawn object: which pixels are its own, and its joints, if it has any. */
interface Drawn {
  readonly category: number;
  readonly contains: (x: number, y: number) => boolean;
  readonly joints?: readonly Point[];
}

const between = (from: number, to: number) => random.uniform(from, to);

function disc(): Drawn {
  const radius = between(8, 22);
  const [x, y] = [between(radius, width - radius), between(radius, height - radius)];
  return { category: 1, contains: (px, py) => Math.hypot(px - x, py - y) <= radius };
}

function box(): Drawn {
  const [w, h] = [between(16, 46), between(16, 46)];
  const [x, y] = [between(0, width - w), between(0, height - h)];
  return { category: 2, contains: (px, py) => px >= x && px <= x + w && py >= y && py <= y + h };
}

function figure(): Drawn {
  const tall = between(46, 84);
  const [x, top] = [between(tall * 0.4, width - tall * 0.4), between(2, height - tall - 2)];
  const at = (dx: number, dy: number): Point => [x + dx * tall, top + dy * tall];
  const [lean, spread, lift] = [between(-0.08, 0.08), between(0.12, 0.24), between(-0.15, 0.2)];
  // Who faces us has the left hand on our right.
  const joints: Point[] = [
    at(lean, 0.1),
    at(lean, 0.24),
    at(0, 0.6),
    at(lean + 0.32, 0.42 - lift),
    at(lean - 0.32, 0.42 + lift),
    at(spread, 0.98),
    at(-spread, 0.98),
  ];
  const reach = tall * 0.075;
  const contains = (px: number, py: number): boolean =>
    Math.hypot(px - joints[0][0], py - joints[0][1]) <= tall * 0.11 ||
    BONES.some(([a, b]) => distanceTo(joints[a - 1], joints[b - 1], px, py) <= reach);
  return { category: 3, contains, joints };
}

function distanceTo([x1, y1]: Point, [x2, y2]: Point, x: number, y: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

const color = (): number[] => Array.from({ length: 3 }, () => between(20, 236));

/** A picture, and its objects from the back to the front. */
function picture(image_id: number): { readonly image: Image; readonly annotations: Omit<CocoAnnotation, 'id'>[] } {
  const data = new Uint8Array(width * height * 3);
  const owner = new Int32Array(width * height).fill(-1);
  const ground = color();
  const objects = Array.from({ length: 2 + Math.floor(between(0, 4)) }, () => {
    return [disc, box, figure][Math.floor(between(0, 3))]();
  });
  const paints = objects.map(color);
  const whole = objects.map(() => 0);
  for (let i = 0; i < owner.length; i++) {
    const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
    for (const [number, { contains }] of objects.entries()) {
      if (!contains(x, y)) continue;
      whole[number]++;
      owner[i] = number;
    }
    const paint = owner[i] < 0 ? ground : paints[owner[i]];
    const noise = between(-14, 14);
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.min(255, Math.max(0, paint[c] + noise));
  }
  const annotations = objects.flatMap(({ category: category_id, joints }, number) => {
    const seen = Uint8Array.from(owner, (one) => Number(one === number));
    const area = seen.reduce((sum, pixel) => sum + pixel, 0);
    if (area < LEAST_SEEN * whole[number] || !area) return [];
    const segmentation = masks.encode({ data: seen, width, height });
    const keypoints = joints?.flatMap(([x, y]) => {
      const own = owner[Math.floor(y) * width + Math.floor(x)] === number;
      return [x, y, own ? 2 : 1];
    });
    const bbox = masks.toBbox(segmentation);
    const found = keypoints ? { keypoints, num_keypoints: JOINTS.length } : {};
    return [{ image_id, category_id, iscrowd: 0 as const, area, bbox, segmentation, ...found }];
  });
  return { image: { width, height, data }, annotations };
}

await makeFolder(join(values.out, 'images'));
const parts = { train: count - heldOut, val: heldOut };
for (const [part, size] of Object.entries(parts)) {
  const dataset: { images: object[]; annotations: object[]; categories: object[] } = {
    images: [],
    annotations: [],
    categories,
  };
  for (let i = 1; i <= size; i++) {
    const { annotations, image } = picture(i);
    const file_name = `${part}-${i}.png`;
    await writeWholeFile(join(values.out, 'images', file_name), await encodeImage(image, 'png'));
    dataset.images.push({ id: i, file_name, width, height });
    for (const one of annotations) dataset.annotations.push({ id: dataset.annotations.length + 1, ...one });
  }
  writeFileSync(join(values.out, `${part}.json`), JSON.stringify(dataset as unknown as CocoDataset));
  console.log(`${part}: ${dataset.images.length} images, ${dataset.annotations.length} objects`);
}
