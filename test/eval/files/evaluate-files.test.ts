import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COCO } from '../../../eval/coco/coco.ts';
import { COCOeval } from '../../../eval/cocoeval/coco-eval.ts';
import { evaluateBoxFiles } from '../../../eval/files/evaluate-files.ts';
import { Random } from '../../../io/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluate-files-'));
test.after(() => rmSync(folder, { recursive: true }));

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const random = new Random(3);
const round = (value: number) => Math.round(value * 100) / 100;
const images = Array.from({ length: 40 }, (_, i) => ({
  id: 7 * (40 - i),
  file_name: `${i}.jpg`,
  width: 640,
  height: 480,
}));
const categories = [9, 2, 5, 30].map((id) => ({ id, name: `category ${id}` }));
const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
const box = () =>
  [random.uniform(0, 500), random.uniform(0, 400), random.uniform(4, 140), random.uniform(4, 80)].map(round);
const annotations = Array.from({ length: 300 }, (_, i) => {
  const bbox = box();
  return {
    ...{ id: i + 1, image_id: pick(images).id, category_id: pick(categories.slice(1)).id, bbox },
    area: round(bbox[2] * bbox[3] * random.uniform(0.4, 1)),
    iscrowd: random.uniform() < 0.1 ? 1 : 0,
    segmentation: random.uniform() < 0.2 ? { counts: [10, 307190], size: [480, 640] } : [[1, 2, 3.5, 4, 5, 6]],
  };
});
/** Scores with two digits have many ties. */
const results = (count: number) =>
  Array.from({ length: count }, () => {
    const near = pick(annotations);
    const isNear = random.uniform() < 0.4;
    const bbox = isNear ? near.bbox.map((side) => round(side + random.uniform(-4, 4))) : box();
    return {
      image_id: isNear ? near.image_id : pick(images).id,
      category_id: random.uniform() < 0.9 ? near.category_id : pick(categories).id,
      bbox: bbox.map((side, i) => (i > 1 ? Math.max(0.5, side) : side)),
      score: round(random.uniform()),
    };
  });
const truth = write('gt.json', { info: { year: 2017 }, images, annotations, categories });

async function slowly(gtFile: string, dtFile: string) {
  const gt = await COCO.load(gtFile);
  const dt = gt.loadRes(dtFile);
  const e = new COCOeval(gt, dt);
  e.evaluate();
  e.accumulate();
  const lines: string[] = [];
  e.summarize((line) => lines.push(line));
  return { stats: e.stats, lines, perCategory: e.perCategory, warnings: [...gt.warnings, ...dt.warnings] };
}

test('boxes of any number of threads and chunks have the numbers and warnings of COCOeval', async () => {
  // 1, 2 and 5 chunks of a megabyte; what lies outside its image is a warning.
  for (const count of [1, 500, 9000, 20_000]) {
    const list = [...results(count), { image_id: 7, category_id: 2, bbox: [700, 0, 5, 5], score: 0.5 }];
    const spaced = [
      JSON.stringify(list, null, 1),
      `\n[${list.map((result) => `\t${JSON.stringify(result)} `).join('\r\n,')}]\n`,
    ];
    for (const text of [JSON.stringify(list), ...(count > 1 && count < 10_000 ? spaced : [])]) {
      const detections = write('dt.json', text);
      const expected = await slowly(truth, detections);
      assert.is(expected.warnings.length, 1);
      for (const threads of [1, 2, 3]) assert.equal(await evaluateBoxFiles(truth, detections, threads), expected);
    }
  }
});

test('whatever is unusual or wrong is left to COCO and COCOeval', async () => {
  const list = results(13_000);
  const good = JSON.stringify(list);
  const withLast = (fields: object) => JSON.stringify([...list, { ...list[0], ...fields }]);
  const refused = [
    ...[
      '',
      '[]',
      '{}',
      '[',
      '[{',
      good.slice(0, -1),
      good.slice(0, -40),
      `${good} x`,
      `${good}]`,
      good.replace('},{', '}{'),
    ],
    ...[withLast({ image_id: 1 }), withLast({ id: 4 }), withLast({ score: null }), withLast({ bbox: [1, 2, 3] })],
    ...[withLast({ image_id: 7.5 }), withLast({ category_id: 2 ** 40 }), withLast({ bbox: [1, 2, 3, 1e200] })],
    ...[withLast({ caption: '},{"image_id": 7' }), `\ufeff${good}`, good.replaceAll('"score"', '"sc\\u006fre"')],
    `[${JSON.stringify(list[0])},${' '.repeat(1 << 20)}${good.slice(1)}`,
  ];
  for (const text of refused) {
    for (const threads of [1, 2]) {
      assert.is(await evaluateBoxFiles(truth, write('dt.json', text), threads), undefined, text.slice(-80));
    }
  }
  const detections = write('dt.json', good);
  assert.is(await evaluateBoxFiles(join(folder, 'none.json'), detections, 2), undefined);
  assert.is(await evaluateBoxFiles(truth, join(folder, 'none.json'), 2), undefined);
  const [first] = annotations;
  const changed: readonly object[] = [
    ...[{ id: 2 }, { id: 0 }, { id: 2 ** 53 }, { image_id: 1 }, { image_id: '7' }, { category_id: 4 }],
    ...[
      { bbox: [0, 0, -1, 5] },
      { bbox: [0, 0, 1e12, 5] },
      { bbox: null },
      { area: null },
      { area: 1e30 },
      { iscrowd: 2 },
    ],
    ...[{ segmentation: { counts: [9], size: [3, 3] } }, { segmentation: [] }, { num_keypoints: 3 }, { score: 1 }],
  ];
  for (const fields of changed) {
    const wrong = write('wrong.json', {
      images,
      categories,
      annotations: [{ ...first, ...fields }, ...annotations.slice(1)],
    });
    assert.is(await evaluateBoxFiles(wrong, detections, 2), undefined, JSON.stringify(fields));
  }
  for (const fields of [{ images: [...images, images[0]] }, { categories: {} }, { images: undefined }]) {
    const wrong = write('wrong.json', { images, categories, annotations, ...fields });
    assert.is(await evaluateBoxFiles(wrong, detections, 2), undefined, JSON.stringify(fields).slice(0, 60));
  }
});

test.run();
