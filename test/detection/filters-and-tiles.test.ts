import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeSafetensors } from '../../checkpoints/index.ts';
import { tilesOf } from '../../datasets/images/tiles.ts';
import { encodeImage, type Image } from '../../datasets/index.ts';
import { mirrorRle } from '../../datasets/masks/mirror-rle.ts';
import { rleEncode } from '../../datasets/masks/rle.ts';
import { mirrorDetection } from '../../detection/augmented/detect-views.ts';
import { type Detection, type Detector, type LeftOutDetections, loadDetector } from '../../detection/index.ts';
import { mergeDetections } from '../../detection/slicing/merge-detections.ts';
import { rejects } from '../rejects.ts';
import { fixturesDir } from '../shared-data.ts';
import { waveDetector } from '../wave-models.ts';
import { wave } from '../waves.ts';

const test = suite('filters and tiles');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-filters-'));
const model = join(folder, 'small.safetensors');
const file = join(folder, 'picture.png');
const [{ config }] = JSON.parse(readFileSync(join(fixturesDir, 'faster_rcnn.json'), 'utf8'));
const picture: Image = {
  ...{ width: 120, height: 90 },
  data: Uint8Array.from(wave(120 * 90 * 3, 5), (value) => 128 + 120 * value),
};
let detector: Detector;
/** All that the model gives, and what is above its score before the best are taken. */
let [all, uncapped]: Detection[][] = [];

test.before(async () => {
  const { tensors, config: parsed } = waveDetector(config);
  await writeSafetensors(model, tensors, { format: 'resnet-coco', config: JSON.stringify(parsed) });
  writeFileSync(file, await encodeImage(picture, 'png'));
  detector = await loadDetector(model, { threads: 1 });
  all = await detector.detect(file, { score: detector.scoreThresh });
  uncapped = await detector.detect(file, { score: detector.scoreThresh, maxDetections: 10_000 });
});
test.after(async () => {
  await detector.dispose();
  rmSync(folder, { recursive: true });
});

const plain = (detections: readonly Detection[]) => JSON.parse(JSON.stringify(detections)) as unknown;
const area = ({ bbox: [, , width, height] }: Detection) => width * height;

/** Detects with filters, and what was said to be left out. */
async function filtered(
  options: Parameters<Detector['detect']>[1],
): Promise<[Detection[], LeftOutDetections | undefined]> {
  let told: LeftOutDetections | undefined;
  const onLeftOut = (counts: LeftOutDetections) => {
    told = counts;
  };
  return [await detector.detect(file, { score: detector.scoreThresh, ...options, onLeftOut }), told];
}

test('filters give the detections that are asked for, and say how many others there were', async () => {
  const labels = [...new Set(all.map(({ label }) => label))];
  assert.ok(labels.length > 1 && all.length > 5);
  const [first] = labels;
  const best = (detections: readonly Detection[]) => plain(detections.slice(0, all.length));
  const ofFirst = uncapped.filter(({ label }) => label === first);
  const none = { classes: 0, classScore: 0, minArea: 0, maxDetections: 0 };
  assert.equal(await filtered({}), [all, undefined]);
  assert.equal(plain(all), best(uncapped));
  // The best of an image are those of what is asked for.
  const [named, others] = await filtered({ classes: [` ${first.toUpperCase()}`] });
  assert.equal(plain(named), best(ofFirst));
  assert.equal(others, { ...none, classes: uncapped.length - ofFirst.length });
  const middle = ofFirst[ofFirst.length >> 1].score;
  const [better, lower] = await filtered({ classScore: { [first]: middle } });
  const isBetter = ({ label, score }: Detection) => label !== first || score > middle;
  assert.equal(plain(better), best(uncapped.filter(isBetter)));
  assert.is(lower?.classScore, uncapped.filter((one) => !isBetter(one)).length);
  const median = uncapped.map(area).sort((a, b) => a - b)[uncapped.length >> 1];
  const [large, small] = await filtered({ minArea: median });
  assert.equal(plain(large), best(uncapped.filter((one) => area(one) >= median)));
  assert.is(small?.minArea, uncapped.filter((one) => area(one) < median).length);
  const [three, rest] = await filtered({ maxDetections: 3 });
  assert.equal(plain(three), plain(uncapped.slice(0, 3)));
  assert.is(rest?.maxDetections, uncapped.length - 3);
  // A category's own score may be lower than that of the others.
  const [top] = await filtered({ score: 1, classScore: { [first]: detector.scoreThresh } });
  assert.equal(plain(top), best(ofFirst));
});

test('suppression is that of the caller, and of all categories if wanted; what is not asked for suppresses nothing', async () => {
  const overlap = ({ bbox: a }: Detection, { bbox: b }: Detection) => {
    const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
    const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
    const both = Math.max(width, 0) * Math.max(height, 0);
    return both / (a[2] * a[3] + b[2] * b[3] - both);
  };
  const suppressed = (detections: readonly Detection[], threshold: number, agnostic: boolean) => {
    const kept: Detection[] = [];
    for (const one of detections) {
      const meets = (other: Detection) => (agnostic || other.label === one.label) && overlap(one, other) > threshold;
      if (!kept.some(meets)) kept.push(one);
    }
    return kept;
  };
  const [loose] = await filtered({ nms: 1, maxDetections: 10_000 });
  assert.ok(loose.length > all.length);
  for (const nms of [0.1, 0.3, 0.7]) {
    const [own] = await filtered({ nms, maxDetections: 10_000 });
    assert.equal(plain(own), plain(suppressed(loose, nms, false)), `${nms}`);
    const [agnostic] = await filtered({ nms, agnosticNms: true, maxDetections: 10_000 });
    assert.equal(plain(agnostic), plain(suppressed(loose, nms, true)), `agnostic ${nms}`);
    assert.ok(agnostic.length < own.length);
    const { label } = all[all.length - 1];
    const [asked] = await filtered({ nms, agnosticNms: true, classes: [label], maxDetections: 10_000 });
    assert.equal(
      plain(asked),
      plain(
        suppressed(
          loose.filter((one) => one.label === label),
          nms,
          true,
        ),
      ),
    );
  }
});

test('a filter that makes no sense is refused, with the nearest names', async () => {
  const refused = (options: object, pattern: RegExp) => rejects(detector.detect(file, options), 'USAGE', pattern);
  await refused({ classes: ['clas 3'] }, /classes: the model has no category "clas 3"; the nearest are class/);
  await refused({ classScore: { dog: 0.5 } }, /classScore: the model has no category "dog"/);
  await refused({ classScore: { 'class 1': 2 } }, /classScore of class 1 must be a number from 0 to 1, is 2/);
  await refused({ maxDetections: 0 }, /maxDetections must be a whole number from 1/);
  await refused({ minArea: -1 }, /minArea must be a number of at least 0, is -1/);
  await refused({ nms: 1.5 }, /nms must be a number from 0 to 1/);
  await rejects(detector.detectSliced(file, { slice: 0 }), 'USAGE', /slice must be/);
  await rejects(detector.detectSliced(file, { overlap: 1 }), 'USAGE', /overlap must be/);
});

/** A part of the picture. */
function part({ height, left, top, width }: { left: number; top: number; width: number; height: number }): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}

test('an image in tiles has the objects of each tile at their place and those of the whole image, merged', async () => {
  const score = 0.2;
  const slicing = { slice: [70, 50], overlap: 0.2 } as const;
  const parts: Detection[] = [];
  for (const tile of tilesOf(picture, slicing)) {
    for (const one of await detector.detect(part(tile), { score })) {
      const [x, y, width, height] = one.bbox;
      parts.push({ ...one, bbox: [x + tile.left, y + tile.top, width, height] });
    }
  }
  const whole = await detector.detect(picture, { score });
  const settings = { method: 'greedy-nmm', metric: 'ios', threshold: 0.5, agnostic: false } as const;
  const merged = mergeDetections([...parts, ...whole], settings);
  assert.ok(merged.length < parts.length + whole.length);
  assert.equal(plain(await detector.detectSliced(file, { ...slicing, score })), plain(merged));
  assert.equal(
    plain(await detector.detectSliced(picture, { ...slicing, score, whole: false, merge: 'nms', batch: 3 })),
    plain(mergeDetections(parts, { ...settings, method: 'nms' })),
  );
  // A tile that has room for the image is the image.
  const once = await detector.detectSliced(file, { slice: 640, score });
  assert.equal(plain(once), plain(mergeDetections(whole, settings)));
  const [{ label }] = merged;
  const filtered = await detector.detectSliced([file], { ...slicing, score, classes: [label], maxDetections: 2 });
  assert.equal(plain(filtered[0]), plain(merged.filter((one) => one.label === label).slice(0, 2)));
  const done: string[] = [];
  const items = [];
  const options = { slicing, score, onTile: (count: number, total: number) => done.push(`${count}/${total}`) };
  for await (const item of detector.detectAll([join(folder, 'none.png'), file], options)) items.push(item);
  assert.match('error' in items[0] ? items[0].error.message : '', /none\.png/);
  assert.ok('detections' in items[1]);
  assert.equal([items[1].index, items[1].width, items[1].height], [1, 120, 90]);
  assert.equal(plain(items[1].detections), plain(merged));
  assert.equal([done[0], done.at(-1), done.length], ['1/5', '5/5', 5]);
});

test('views in several sizes and mirrored find each object once, at its place', async () => {
  const score = 0.2;
  const views: Detection[] = [];
  const mirrored: Image = { ...picture, data: new Uint8Array(picture.data.length) };
  for (let y = 0; y < 90; y++) {
    for (let x = 0; x < 120; x++) {
      const from = 3 * (y * 120 + 119 - x);
      mirrored.data.set(picture.data.subarray(from, from + 3), 3 * (y * 120 + x));
    }
  }
  const { max_size, min_size } = detector.config;
  for (const scale of [0.8, 1, 1.25]) {
    const sizes = { min_size: Math.round(min_size * scale), max_size: Math.round(max_size * scale) };
    const { tensors, config: parsed } = waveDetector({ ...config, ...sizes });
    const path = join(folder, `${scale}.safetensors`);
    await writeSafetensors(path, tensors, { format: 'resnet-coco', config: JSON.stringify(parsed) });
    const other = await loadDetector(path, { threads: 1 });
    views.push(...(await other.detect(picture, { score })));
    for (const one of await other.detect(mirrored, { score })) {
      const [x, y, width, height] = one.bbox;
      views.push({ ...one, bbox: [120 - x - width, y, width, height] });
    }
    await other.dispose();
  }
  const threshold = config.box_nms_thresh ?? 0.5;
  const settings = { method: 'nms', metric: 'iou', threshold, agnostic: false } as const;
  const expected = mergeDetections(views, settings);
  const found = await detector.detect(file, { score, augment: true });
  assert.ok(found.length > 5);
  assert.is(found.length, expected.length);
  // A mirrored input is resized from the other side, which rounds otherwise.
  for (const [i, { bbox, label, score }] of found.entries()) {
    assert.is(label, expected[i].label);
    const differences = [score - expected[i].score, ...bbox.map((side, n) => (side - expected[i].bbox[n]) / 100)];
    assert.ok(
      differences.every((difference) => Math.abs(difference) < 1e-3),
      `${i}: ${differences}`,
    );
  }
  const items = [];
  for await (const item of detector.detectAll([join(folder, 'none.png'), file], {
    augment: true,
    score,
    maxDetections: 2,
  })) {
    items.push('error' in item ? item.error.code : item.detections.length);
  }
  assert.equal(items, ['FILE_NOT_FOUND', 2]);
  const both = detector.detectAll(file, { augment: true, slicing: {} });
  await rejects(both.next(), 'USAGE', /`augment` is not for images in tiles/);
});

test('of a mirrored object pixels and joints change sides', () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => (i < 5 || i === 10 ? 1 : 0)); // 3 rows, 4 columns
  const rle = rleEncode(pixels, 3, 4);
  const expected = Uint8Array.from({ length: 12 }, (_, i) => pixels[(3 - Math.floor(i / 3)) * 3 + (i % 3)]);
  assert.equal(mirrorRle(rle), rleEncode(expected, 3, 4));
  const person: Detection = {
    ...{ category_id: 1, label: 'person', score: 1, bbox: [0, 1, 2, 3] },
    keypoints: [
      [1, 5, 1],
      [2, 6, 1],
      [3, 7, 1],
    ],
    keypoint_names: ['nose', 'left_eye', 'right_eye'],
    keypoint_scores: [7, 8, 9],
  };
  const turned = mirrorDetection(person, 10);
  assert.equal(turned.bbox, [8, 1, 2, 3]);
  assert.equal(turned.keypoints, [
    [9, 5, 1],
    [7, 7, 1],
    [8, 6, 1],
  ]);
  assert.equal(turned.keypoint_scores, [7, 9, 8]);
});

test.run();
