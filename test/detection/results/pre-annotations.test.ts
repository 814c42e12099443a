import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeImage, ImagePool, readDetectionDataset, readImage } from '../../../datasets/index.ts';
import { maskPolygons } from '../../../datasets/masks/mask-path.ts';
import { rleFromPolygon } from '../../../datasets/masks/polygon.ts';
import { rleArea, rleMerge } from '../../../datasets/masks/rle.ts';
import { rlesFromPolygons } from '../../../datasets/masks/segmentation.ts';
import type { Detection } from '../../../detection/index.ts';
import { DetectedMask } from '../../../detection/results/detected-mask.ts';
import { CropFolder } from '../../../detection/results/object-crops.ts';
import { type AnnotationFormat, PreAnnotations } from '../../../detection/results/pre-annotations.ts';
import { rejects } from '../../rejects.ts';
import { fixturesDir } from '../../shared-data.ts';

const test = suite('annotations for tools');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-annotations-'));
test.after(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'street.png');
const pixels = Uint8Array.from({ length: 200 * 100 * 3 }, (_, i) => (i * 7) % 256);
test.before(async () => writeFileSync(file, await encodeImage({ width: 200, height: 100, data: pixels }, 'png')));

const corners = [20, 10, 60, 10, 60, 70, 20, 70];
const person: Detection = {
  ...{ category_id: 1, label: 'person', score: 0.9, bbox: [20, 10, 40, 60] },
  mask: new DetectedMask(rleFromPolygon(corners, 100, 200)),
  keypoints: [[30, 20, 1]],
};
const dog: Detection = { category_id: 18, label: 'dog', score: 0.75, bbox: [100, 50, 50, 25] };
const model = {
  name: 'my-model',
  categories: [
    { id: 1, name: 'person', keypoints: ['nose'] },
    { id: 18, name: 'dog' },
  ],
};
const planned = [{ file, name: 'street.png', id: 7 }];
const found = { file, width: 200, height: 100, detections: [person, dog] };

async function written(format: AnnotationFormat, detections: readonly Detection[], out = join(folder, format)) {
  const annotations = await PreAnnotations.create(format, out, planned, model);
  annotations.add(found, detections);
  return await annotations.write();
}

const expected = (name: string): string => readFileSync(join(fixturesDir, 'annotation-tools', name), 'utf8');
const json = (text: string): unknown => JSON.parse(text);

/** Polygons may begin at any of their corners. */
const fromFirst = (points: number[][]): number[][] => {
  const first = points.reduce(
    (best, point, i) => (point[0] + point[1] < points[best][0] + points[best][1] ? i : best),
    0,
  );
  return [...points.slice(first), ...points.slice(0, first)];
};

test('labelme and Label Studio get the files that their documentation describes, with scores', async () => {
  const labelme = await written('labelme', [person, dog]);
  assert.equal([labelme.images, labelme.objects, labelme.lost], [1, 2, []]);
  const shapes = json(readFileSync(join(labelme.folder, 'street.json'), 'utf8')) as {
    shapes: { points: number[][] }[];
  };
  shapes.shapes[0].points = fromFirst(shapes.shapes[0].points);
  assert.equal(shapes, json(expected('labelme.json')));
  assert.ok(existsSync(join(labelme.folder, 'street.png')));
  const studio = await written('label-studio', [person, dog]);
  const tasks = json(readFileSync(join(studio.folder, 'tasks.json'), 'utf8')) as {
    predictions: { result: { value: { points: number[][] } }[] }[];
  }[];
  const [{ value }] = tasks[0].predictions[0].result;
  value.points = fromFirst(value.points);
  assert.equal(tasks, json(expected('label-studio.json')));
  assert.is(readFileSync(join(studio.folder, 'labels.xml'), 'utf8'), expected('labels.xml'));
  assert.ok(existsSync(join(studio.folder, 'images', 'street.png')));
});

test('COCO, VOC and YOLO are read back by the readers of data sets; what they cannot store is counted', async () => {
  const coco = await written('coco', [person, dog]);
  assert.equal(coco.lost, []);
  const text = json(readFileSync(join(coco.folder, 'annotations.json'), 'utf8')) as {
    annotations: { segmentation: number[][] }[];
  };
  const [polygon] = text.annotations[0].segmentation;
  const points = Array.from({ length: polygon.length / 2 }, (_, i) => polygon.slice(2 * i, 2 * i + 2));
  text.annotations[0].segmentation = [fromFirst(points).flat()];
  assert.equal(text, json(expected('coco.json')));
  const read = async (annotations: string) => {
    const { dataset, files } = await readDetectionDataset({ annotations });
    assert.is(files.size, 1);
    const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
    return dataset.annotations.map(({ bbox, category_id }) => [
      names.get(category_id),
      ...bbox.map((side) => Math.round(side * 1e6) / 1e6),
    ]);
  };
  const objects = [
    ['person', 20, 10, 40, 60],
    ['dog', 100, 50, 50, 25],
  ];
  assert.equal(await read(join(coco.folder, 'annotations.json')), objects);
  const voc = await written('voc', [person, dog]);
  assert.equal(voc.lost, ['1 mask', '1 set of keypoints']);
  assert.equal(await read(voc.folder), objects);
  assert.ok(readFileSync(join(voc.folder, 'Annotations', 'street.xml'), 'utf8').includes(expected('cvat.xml')));
  const yolo = await written('yolo', [person, dog]);
  assert.equal(yolo.lost, ['1 mask', '1 set of keypoints', '2 scores']);
  assert.equal(await read(join(yolo.folder, 'data.yaml')), objects);
  assert.is(
    readFileSync(join(yolo.folder, 'labels', 'street.txt'), 'utf8'),
    '0 0.2 0.4 0.2 0.6\n1 0.625 0.625 0.25 0.25\n',
  );
  // Of objects that all have one polygon YOLO has the masks.
  const masks = await written('yolo', [person], join(folder, 'masks'));
  assert.equal(masks.lost, ['1 set of keypoints', '1 score']);
  assert.equal(await read(join(masks.folder, 'data.yaml')), [objects[0]]);
  const csv = await written('csv', [person, dog]);
  assert.equal(csv.lost, ['1 mask', '1 set of keypoints']);
  assert.is(
    readFileSync(join(csv.folder, 'detections.csv'), 'utf8'),
    'file,width,height,label,score,x,y,box_width,box_height\r\nstreet.png,200,100,person,0.9,20,10,40,60\r\nstreet.png,200,100,dog,0.75,100,50,50,25\r\n',
  );
});

test('nothing is overwritten, and names that a format cannot store fail before the first image', async () => {
  await rejects(written('csv', [dog]), 'FILE_NOT_WRITABLE', /csv: has files already, such as detections\.csv/);
  const twice = [...planned, { file: 'x/street.jpg', name: 'street.jpg', id: 8 }];
  for (const format of ['yolo', 'voc', 'labelme'] as const) {
    const out = join(folder, 'twice');
    await rejects(PreAnnotations.create(format, out, twice, model), 'BAD_DATASET', /share one annotation file/);
  }
});

test('polygons of a mask are its parts, within a pixel; holes are filled and counted', () => {
  const circle = (x: number, y: number, radius: number) =>
    Array.from(
      { length: 180 },
      (_, i) => (i % 2 ? y : x) + radius * (i % 2 ? Math.sin : Math.cos)((Math.PI * (i >> 1)) / 45),
    );
  const ring = rleFromPolygon(circle(40, 40, 30), 100, 200);
  const inner = rleFromPolygon(circle(40, 40, 12), 100, 200);
  const other = rleFromPolygon(circle(150, 60, 20), 100, 200);
  const both = rleMerge([ring, other], false);
  const { holes, polygons } = maskPolygons(both);
  assert.equal([polygons.length, holes], [2, 0]);
  assert.ok(polygons.every(({ length }) => length < 160));
  const again = rleMerge(rlesFromPolygons(polygons, 100, 200), false);
  const common = rleArea(rleMerge([again, both], true));
  assert.ok(common / (rleArea(again) + rleArea(both) - common) > 0.97);
  // A ring: the runs of the disk without those of the inner one.
  const pixels = new Uint8Array(100 * 200);
  const fill = ({ counts }: typeof ring, value: number) => {
    let at = 0;
    for (const [i, count] of counts.entries()) {
      if (i % 2) pixels.fill(value, at, at + count);
      at += count;
    }
  };
  fill(ring, 1);
  fill(inner, 0);
  const runs: number[] = [0];
  for (const [i, pixel] of pixels.entries()) {
    if (i > 0 && pixel !== pixels[i - 1]) runs.push(0);
    runs[runs.length - 1]++;
  }
  assert.is(maskPolygons({ height: 100, width: 200, counts: Uint32Array.from(runs) }).holes, 1);
});

test('objects are cut out as images of their own, by category', async () => {
  const pool = new ImagePool({ threads: 1 });
  const out = join(folder, 'crops');
  const crops = await CropFolder.create(out, pool);
  const outside: Detection = { category_id: 2, label: '../a:b', score: 0.6, bbox: [190.5, 90.2, 30, 30] };
  await crops.add(found, '2024/street.png', [person, dog, outside]);
  assert.is(crops.written, 3);
  const first = await readImage(join(out, 'person', '2024-street-1.jpg'));
  assert.equal([first.width, first.height], [40, 60]);
  const last = await readImage(join(out, '__a_b', '2024-street-3.jpg'));
  assert.equal([last.width, last.height], [10, 10]);
  await rejects(CropFolder.create(out, pool), 'FILE_NOT_WRITABLE', /has files already/);
  await pool.close();
});

test.run();
