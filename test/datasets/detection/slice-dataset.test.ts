import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clipObject } from '../../../datasets/detection/slice/clip-object.ts';
import { clipPolygon, polygonArea } from '../../../datasets/detection/slice/clip-polygon.ts';
import {
  type CocoAnnotation,
  convertDataset,
  encodeImage,
  readDetectionDataset,
  readImage,
  sliceDataset,
} from '../../../datasets/index.ts';
import { seeded } from '../../../datasets/loaders/seeded.ts';
import { cropRle } from '../../../datasets/masks/crop-rle.ts';
import { rleArea, rleDecode, rleEncode } from '../../../datasets/masks/rle.ts';
import { rleFromString, rleToString } from '../../../datasets/masks/rle-string.ts';
import { rejects } from '../../rejects.ts';

const test = suite('tiles of a data set');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-slices-'));
test.after(() => rmSync(folder, { recursive: true }));

const tile = { left: 10, top: 20, width: 30, height: 20 };
const image = { width: 100, height: 80 };
const base: CocoAnnotation = { id: 3, image_id: 1, category_id: 2, bbox: [20, 25, 10, 5], area: 42, iscrowd: 0 };

test('boxes are cut at the borders of a tile; those within are unchanged', () => {
  const clip = (bbox: CocoAnnotation['bbox']) => clipObject({ ...base, bbox }, tile, image);
  assert.equal(clip([20.1, 25, 10.3, 5]), {
    share: 1,
    object: { category_id: 2, bbox: [20.1 - 10, 5, 10.3, 5], area: 42, iscrowd: 0 },
  });
  assert.equal(clip([0, 30, 20, 20]), {
    share: 0.25,
    object: { category_id: 2, bbox: [0, 10, 10, 10], area: 100, iscrowd: 0, truncated: 1 },
  });
  // Tools write an empty polygon for plain boxes.
  assert.equal(clipObject({ ...base, segmentation: [[]] }, tile, image), clip(base.bbox));
  assert.is(clip([40, 25, 10, 5]), undefined);
  assert.is(clip([0, 0, 100, 20]), undefined);
});

test('polygons and masks are cut, with the box around what is left; keypoints outside are not labeled', () => {
  const polygon = [0, 30, 20, 30, 20, 50, 0, 50];
  const shape = clipObject(
    { ...base, bbox: [0, 30, 20, 20], segmentation: [polygon, [50, 50, 60, 50, 60, 60]] },
    tile,
    image,
  );
  assert.equal(shape?.object.bbox, [0, 10, 10, 10]);
  assert.is(shape?.object.area, 100);
  assert.is(shape?.share, 100 / 450);
  const [left] = shape!.object.segmentation as number[][];
  assert.is(polygonArea(left), 100);
  const random = seeded(1, 'sample', 0);
  for (let trial = 0; trial < 30; trial++) {
    const pixels = Uint8Array.from({ length: 100 * 80 }, () => (random.uniform() < 0.4 ? 1 : 0));
    const rle = rleEncode(pixels, 80, 100);
    const part = cropRle(rle, tile);
    const expected = Uint8Array.from(
      { length: 30 * 20 },
      (_, at) => pixels[(10 + Math.floor(at / 20)) * 80 + 20 + (at % 20)],
    );
    assert.equal(rleDecode(part), expected);
    assert.equal(part, rleEncode(expected, 20, 30));
    const counts = rleToString(rle);
    const crowd = clipObject(
      { ...base, iscrowd: 1, bbox: [0, 0, 100, 80], segmentation: { size: [80, 100], counts } },
      tile,
      image,
    );
    const { counts: text } = crowd!.object.segmentation as { counts: string };
    assert.equal(rleFromString(text, 20, 30), part);
    assert.is(crowd?.object.area, rleArea(part));
    assert.is(crowd?.share, rleArea(part) / rleArea(rle));
  }
  const joints = clipObject(
    { ...base, keypoints: [25, 30, 2, 5, 30, 1, 15, 39, 1, 0, 0, 0], num_keypoints: 3 },
    tile,
    image,
  );
  assert.equal(joints?.object.keypoints, [15, 10, 2, 0, 0, 0, 5, 19, 1, 0, 0, 0]);
  assert.is(joints?.object.num_keypoints, 2);
});

test('a polygon has the area in a tile that its pixels have', () => {
  const random = seeded(2, 'sample', 0);
  for (let trial = 0; trial < 50; trial++) {
    const corners = 3 + random.integer(6);
    const polygon = Array.from({ length: corners }, (_, i) => {
      const angle = (2 * Math.PI * (i + random.uniform() / 2)) / corners;
      const radius = 10 + 40 * random.uniform();
      return [40 + radius * Math.cos(angle), 40 + radius * Math.sin(angle)];
    }).flat();
    const inside = (x: number, y: number) => {
      let odd = false;
      for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
        const [ax, ay, bx, by] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
      }
      return odd;
    };
    let points = 0;
    for (let x = 0; x < 30; x += 0.25) for (let y = 0; y < 20; y += 0.25) if (inside(10.125 + x, 20.125 + y)) points++;
    const area = polygonArea(clipPolygon(polygon, tile));
    assert.ok(Math.abs(area - points / 16) < 6, `${area} and ${points / 16}`);
  }
});

test('a data set is cut into tiles with their objects, in the format that was read; what is left out is counted', async () => {
  const source = join(folder, 'photos');
  mkdirSync(join(source, 'images'), { recursive: true });
  const data = Uint8Array.from({ length: 100 * 80 * 3 }, (_, i) => (i * 13) % 251);
  writeFileSync(join(source, 'images', 'a.png'), await encodeImage({ width: 100, height: 80, data }, 'png'));
  writeFileSync(join(source, 'images', 'broken.jpg'), 'no image');
  const annotations = join(source, 'instances.json');
  const object = (id: number, image_id: number, bbox: number[]) => {
    return { id, image_id, category_id: 1, bbox, area: bbox[2] * bbox[3], iscrowd: 0 };
  };
  const dataset = {
    images: [
      { id: 1, file_name: 'a.png', width: 100, height: 80 },
      { id: 2, file_name: 'broken.jpg', width: 100, height: 80 },
    ],
    // The second is cut to 45, 80 and 55 %; the third is too large for any tile.
    annotations: [
      object(1, 1, [2, 3, 10, 10]),
      object(2, 1, [41, 10, 20, 10]),
      object(3, 1, [0, 0, 100, 80]),
      object(4, 2, [1, 1, 5, 5]),
    ],
    categories: [{ id: 1, name: 'car' }],
  };
  writeFileSync(annotations, JSON.stringify(dataset));
  const options = { annotations, slice: 50, overlap: 0.1, minAreaRatio: 0.4, strict: false } as const;
  const out = join(folder, 'tiles');
  const done = await sliceDataset({ ...options, out });
  assert.equal([done.format, done.images, done.tiles, done.annotations], ['coco', 1, 6, 4]);
  assert.is(done.unreadable.length, 1);
  assert.match(done.unreadable[0].message, /broken\.jpg/);
  assert.equal(done.leftOut, { parts: 6, objects: 1, empty: 0, missing: 0 });
  const tiles = await readDetectionDataset({ annotations: join(out, 'annotations.json'), checkImages: true });
  assert.is(tiles.files.size, 6);
  const found = tiles.dataset.annotations.map(({ bbox, image_id }) => {
    return [tiles.dataset.images.find(({ id }) => id === image_id)?.file_name, ...bbox];
  });
  assert.equal(found, [
    ['a_0_0_50_50.png', 2, 3, 10, 10],
    ['a_0_0_50_50.png', 41, 10, 9, 10],
    ['a_45_0_95_50.png', 0, 10, 16, 10],
    ['a_50_0_100_50.png', 0, 10, 11, 10],
  ]);
  const cut = await readImage(join(out, 'images', 'a_45_0_95_50.png'));
  assert.equal([cut.width, cut.height], [50, 50]);
  assert.equal(cut.data.subarray(0, 150), data.subarray(135, 285));
  await rejects(sliceDataset({ ...options, out }), 'FILE_NOT_WRITABLE', /has files already/);
  // Other formats, without the tiles that have no objects.
  for (const to of ['voc', 'yolo'] as const) {
    const converted = join(folder, to);
    await convertDataset({ annotations, to, out: converted, copyImages: true, strict: false });
    rmSync(join(converted, to === 'voc' ? 'JPEGImages' : 'images', 'broken.jpg'));
    const target = join(folder, `${to}-tiles`);
    const same = await sliceDataset({ ...options, annotations: converted, out: target, empty: false });
    assert.equal([same.format, same.tiles, same.annotations, same.leftOut.empty], [to, 3, 4, 3]);
    const again = await readDetectionDataset({ annotations: target });
    assert.equal([again.files.size, again.dataset.annotations.length], [3, 4], to);
  }
  assert.ok(/<truncated>1/.test(readFileSync(join(folder, 'voc-tiles', 'Annotations', 'a_45_0_95_50.xml'), 'utf8')));
  assert.ok(!existsSync(join(folder, 'voc-tiles', 'JPEGImages', 'a_0_30_50_80.png')));
  await rejects(sliceDataset({ ...options, out, minAreaRatio: 2 }), 'USAGE', /minAreaRatio must be/);
});

test.run();
