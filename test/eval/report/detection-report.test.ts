import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import jpeg from 'jpeg-js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoDataset } from '../../../datasets/index.ts';
import { rleToString } from '../../../datasets/masks/rle-string.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { analyzeDetections } from '../../../eval/analysis/detection-analysis.ts';
import { writeDetectionReport } from '../../../eval/report/detection-report.ts';
import { evaluated, evaluatedCase, randomCases } from '../analysis/random-cases.ts';

const root = mkdtempSync(join(tmpdir(), 'report-'));
const newFolder = () => mkdtempSync(join(root, 'test-'));
test.after(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const FILES = ['categories.csv', 'confusion.csv', 'curves.csv', 'report.html', 'report.json'];
const one = randomCases[10];
const analysis = analyzeDetections(evaluatedCase(one));
const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
const linesOf = (csv: string) =>
  csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));

const hostile = '</script><script>alert(1)</script><!--<img src=x onerror=alert(1)> "\'&,\u2028 é 犬 \u202e';
const renamed = (dataset: CocoDataset): CocoDataset => ({
  ...dataset,
  categories: dataset.categories.map((category) => ({ ...category, name: `${hostile} ${category.id}` })),
  images: dataset.images.map((image) => ({ ...image, file_name: `${hostile} ${image.id}.jpg` })),
});

test('writes every file, and the analysis as JSON', async () => {
  const folder = join(newFolder(), 'deep', 'er');
  await writeDetectionReport(folder, { title: 'a detector', analysis, warnings: ['odd'] });
  assert.equal(readdirSync(folder).sort(), FILES);
  assert.equal(JSON.parse(read(folder, 'report.json')), { title: 'a detector', warnings: ['odd'], ...analysis });
});

test('the score to give is rounded down, so that it leaves out no detection that counts', async () => {
  const folder = newFolder();
  const best = { ...analysis.best!, threshold: 0.0879 };
  await writeDetectionReport(folder, { title: 't', analysis: { ...analysis, best } });
  assert.match(read(folder, 'report.html'), '(--score 0.087)');
});

test('tables hold every category, curve and confusion', async () => {
  const folder = newFolder();
  await writeDetectionReport(folder, { title: 't', analysis });
  const categories = linesOf(read(folder, 'categories.csv'));
  assert.is(categories.length, 1 + analysis.categories.length);
  const column = categories[0].indexOf('AP50');
  for (const [k, { id, AP50, objects }] of analysis.categories.entries()) {
    assert.is(categories[k + 1][0], String(id));
    assert.is(categories[k + 1][column], objects ? String(AP50) : '');
    assert.is(categories[k + 1].length, categories[0].length);
  }
  const curves = linesOf(read(folder, 'curves.csv'));
  const withObjects = analysis.categories.filter(({ objects }) => objects).length;
  assert.is(curves.length, 1 + 3 * 101 * (1 + withObjects));
  const at50 = curves.filter(([id, , iou]) => id === '' && iou === '0.5').map((line) => Number(line[4]));
  assert.ok(Math.abs(at50.reduce((sum, value) => sum + value, 0) / 101 - analysis.stats.AP50) < 1e-12);
  assert.equal(
    linesOf(read(folder, 'confusion.csv'))
      .slice(1)
      .map((line) => line.slice(1).map(Number)),
    analysis.confusion.matrix,
  );
});

test('the page’s policy allows its own scripts and styles by their hashes, and no request', async () => {
  const folder = newFolder();
  await writeDetectionReport(folder, { title: 't', analysis });
  const page = read(folder, 'report.html');
  const policy = page.match(/Content-Security-Policy" content="(.*?)"/)![1];
  assert.match(policy, "default-src 'none'");
  const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  for (const [, script] of page.matchAll(/<script>(.*?)<\/script>/gs)) {
    assert.match(policy, hash(script));
    assert.not.throws(() => new Script(script));
  }
  for (const [, style] of page.matchAll(/<style>(.*?)<\/style>/gs)) assert.match(policy, hash(style));
  assert.is(/\sstyle="|\son\w+="/.exec(page), null);
  assert.equal(page.match(/\b(?:https?:)?\/\/[a-z][^\s'"<]+/g), null);
});

test('nothing that a title, category, file or warning is called becomes markup', async () => {
  const folder = newFolder();
  const plain = newFolder();
  const e = evaluated(renamed(one.dataset), one.results);
  const report = { title: hostile, analysis: analyzeDetections(e), warnings: [hostile] };
  await writeDetectionReport(folder, { ...report, images: folder });
  await writeDetectionReport(plain, { title: 't', analysis, warnings: ['w'], images: plain });
  const [page, expected] = [folder, plain].map((path) => read(path, 'report.html'));
  assert.is(page.match(/<script/g)!.length, expected.match(/<script/g)!.length);
  assert.is(page.match(/<img|<!--/g), null);
  for (const [, json] of page.matchAll(/<script type="application\/json">(.*?)<\/script>/gs)) {
    assert.not.throws(() => JSON.parse(json));
  }
  // Cells with commas and quotes are quoted; a line each is left.
  assert.is(read(folder, 'confusion.csv').trimEnd().split('\r\n').length, analysis.confusion.matrix.length + 1);
});

test('with a folder of images the worst are shown, those that cannot be read with the reason', async () => {
  const images = newFolder();
  const [{ file_name, height, width }] = analysis.worstImages;
  const data = Buffer.alloc(width * height * 4, 128);
  writeFileSync(join(images, file_name), jpeg.encode({ width, height, data }, 80).data);
  const folder = newFolder();
  await writeDetectionReport(folder, { title: 't', analysis, images });
  const page = read(folder, 'report.html');
  const shown = [...page.matchAll(/<img class="small" src="data:image\/png;base64,(.*?)"/g)];
  assert.is(shown.length, 1);
  assert.is(Buffer.from(shown[0][1], 'base64').readUInt32BE(16), width);
  assert.is(page.match(/class="absent"/g)!.length, analysis.worstImages.length - 1);
  assert.match(page, 'no such file');
  const shot = page.slice(shown[0].index, page.indexOf('</figure>', shown[0].index));
  assert.is(shot.match(/<g class="missed">/g)?.length ?? 0, analysis.worstImages[0].missed);
  assert.is(shot.match(/<g class="false">/g)?.length ?? 0, analysis.worstImages[0].falseAlarms);
  assert.ok(shot.includes(`alt="${file_name}: ${analysis.worstImages[0].missed} of `));
  // Tags lie over all lines, inside the picture.
  assert.ok(shot.lastIndexOf('class="box') < shot.indexOf('class="tag'));
  for (const [, x, wide] of shot.matchAll(
    /<g class="tag \w+"><rect fill="#\w+" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g,
  )) {
    assert.ok(Number(x) + Number(wide) <= width + 0.02);
  }
});

test('percentages have one form; scores and shares are percentages', async () => {
  const folder = newFolder();
  await writeDetectionReport(folder, { title: 't', analysis });
  const page = read(folder, 'report.html').replace(/<(script|style)>.*?<\/\1>/gs, '');
  const { AP, AP50 } = analysis.stats;
  for (const share of [AP, AP50]) assert.ok(page.includes(`<dd>${(100 * share).toFixed(1)} %</dd>`));
  const percentages = [...page.matchAll(/[\d.,]+ ?%/g)].map(([text]) => text);
  assert.ok(percentages.length > 50);
  assert.equal(
    percentages.filter((text) => !/^\d+(\.\d)? %$/.test(text)),
    [],
  );
  // What is left with three digits or more are scores as the command takes them.
  const decimals = [...page.replace(/<(svg|script).*?<\/\1>/gs, '').matchAll(/.{8}\d?\.\d{3,}/g)].map(([text]) => text);
  const others = decimals.filter((text) => !text.startsWith('--score') && !/data-key|key="/.test(text));
  assert.equal(others, []);
});

test('the confusion matrix has the same categories in lines and columns, and its numbers in cells', async () => {
  const folder = newFolder();
  await writeDetectionReport(folder, { title: 't', analysis });
  const page = read(folder, 'report.html');
  const map = page.slice(page.indexOf('class="map"'));
  const { names, counts } = JSON.parse(map.match(/<script type="application\/json">(.*?)<\/script>/s)![1]);
  const beside = [...map.matchAll(/text-anchor="end">([^<]*)</g)].map(([, name]) => name);
  const above = [...map.matchAll(/rotate\(-90\)">([^<]*)</g)].map(([, name]) => name);
  assert.equal([beside, above], [names, names]);
  const all = [...analysis.categories.map(({ name }) => name), 'background'];
  const { matrix } = analysis.confusion;
  const used = all.filter((_, i) => matrix.some((row, k) => row[i] || (k === i && row.some(Boolean))));
  assert.equal(names, used);
  const written = [...map.match(/<g class="numbers".*?<\/g>/s)![0].matchAll(/>(\d+)</g)].map(([, text]) =>
    Number(text),
  );
  assert.equal(
    written,
    counts.flat().map(([, count]: [number, number]) => count),
  );
  assert.equal(
    written.reduce((sum, count) => sum + count, 0),
    matrix.flat().reduce((sum, count) => sum + count, 0),
  );
});

test('where one category has objects there is one curve chart; bars without a value line up with the others', async () => {
  const folder = newFolder();
  const categories = one.dataset.categories.slice(0, 2);
  const annotations = one.dataset.annotations.filter(({ category_id }) => category_id === categories[0].id);
  const e = evaluated({ ...one.dataset, categories, annotations }, one.results);
  await writeDetectionReport(folder, { title: 't', analysis: analyzeDetections(e) });
  const page = read(folder, 'report.html');
  const curves = page.slice(page.indexOf('Precision and recall'), page.indexOf('Score threshold'));
  assert.is(curves.match(/<svg class="chart"/g)!.length, 1);
  assert.not.match(curves, /<select|Mean over categories/);
  const cells = [...page.matchAll(/<td class="number"[^>]*><svg class="share".*?<\/svg> (.*?)<\/td>/g)].map(
    ([, cell]) => cell,
  );
  assert.is(cells.length, 2);
  assert.match(cells[0], /^<b>\d+\.\d %<\/b>$/);
  assert.is(cells[1], '<b>–</b>');
});

test('a file name that leads out of the folder is not followed', async () => {
  const outside = newFolder();
  mkdirSync(join(outside, 'images'));
  const name = '../secret.jpg';
  writeFileSync(join(outside, 'secret.jpg'), jpeg.encode({ width: 8, height: 8, data: Buffer.alloc(256) }, 80).data);
  const dataset = { ...one.dataset, images: one.dataset.images.map((image) => ({ ...image, file_name: name })) };
  const folder = newFolder();
  await writeDetectionReport(folder, {
    title: 't',
    analysis: analyzeDetections(evaluated(dataset, one.results)),
    images: join(outside, 'images'),
  });
  const page = read(folder, 'report.html');
  assert.is(page.includes('<img'), false);
  assert.match(page, 'outside');
});

test('a folder that cannot be written is left as it was', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'curves.csv'));
  writeFileSync(join(folder, 'report.html'), 'older');
  try {
    await writeDetectionReport(folder, { title: 't', analysis });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'FILE_NOT_WRITABLE');
  }
  assert.equal(readdirSync(folder).sort(), ['curves.csv', 'report.html']);
  assert.is(read(folder, 'report.html'), 'older');
  assert.is(existsSync(join(folder, 'report.json')), false);
});

test('nothing to show is a page all the same: no objects, no detections, keypoints of ten numbers', async () => {
  const none = { ...one.dataset, annotations: [] };
  const keypoints = evaluated(
    {
      images: [{ id: 1, file_name: 'a.jpg', width: 50, height: 50 }],
      categories: [{ id: 1, name: 'person' }],
      annotations: [
        {
          id: 1,
          image_id: 1,
          category_id: 1,
          bbox: [0, 0, 40, 40],
          area: 1600,
          iscrowd: 0,
          keypoints: Array.from({ length: 51 }, () => 2),
          num_keypoints: 17,
        },
      ],
    },
    [{ image_id: 1, category_id: 1, score: 0.5, keypoints: Array.from({ length: 51 }, () => 2) }],
    'keypoints',
  );
  for (const e of [evaluated(none, one.results), evaluated(one.dataset, []), evaluated(none, []), keypoints]) {
    const folder = newFolder();
    await writeDetectionReport(folder, { title: 't', analysis: analyzeDetections(e) });
    const page = read(folder, 'report.html');
    assert.is(/NaN|undefined|Infinity/.exec(page.replace(/<script>.*?<\/script>/gs, '')), null);
    assert.is(page.match(/<dt>/g)!.length, e === keypoints ? 10 : 12);
    assert.is(page.includes(e === keypoints ? 'OKS' : 'IoU'), true);
  }
});

test('the worst images show what was compared: masks, or skeletons', async () => {
  const folder = newFolder();
  const data = Buffer.alloc(4 * 80 * 60, 128);
  writeFileSync(join(folder, 'a.jpg'), jpeg.encode({ width: 80, height: 60, data }, 80).data);
  const joints = (x: number, v: number) => Array.from({ length: 17 }, (_, i) => [x + i, 10 + 2 * i, v]).flat();
  const square = (x: number) => [[x, 10, x + 20, 10, x + 20, 40, x, 40]];
  const columns = (x: number) => ({
    size: [60, 80] as const,
    counts: rleToString({ height: 60, width: 80, counts: Uint32Array.of(60 * x, 60 * 20, 60 * (60 - x)) }),
  });
  const object = { image_id: 1, category_id: 1, bbox: [10, 10, 20, 30] as const, area: 600, iscrowd: 0 as const };
  const dataset: CocoDataset = {
    images: [{ id: 1, file_name: 'a.jpg', width: 80, height: 60 }],
    categories: [{ id: 1, name: 'person', keypoints: ['left_eye', 'right_eye'], skeleton: [[1, 3]] }],
    annotations: [{ ...object, id: 1, segmentation: square(10), keypoints: joints(10, 1), num_keypoints: 17 }],
  };
  const at = (x: number) => ({ image_id: 1, category_id: 1, score: 0.9, x });
  const results = [at(50)].map(({ x, ...rest }) => ({
    bbox: { ...rest, bbox: [x, 10, 20, 30] as const },
    segm: { ...rest, segmentation: columns(x) },
    keypoints: { ...rest, keypoints: joints(x, 0) },
  }));
  const count = (page: string, pattern: RegExp) => page.match(pattern)?.length ?? 0;
  for (const type of ['bbox', 'segm', 'keypoints'] as const) {
    const e = evaluated(
      dataset,
      results.map((result) => result[type]),
      type,
    );
    const report = analyzeDetections(e, { score: 0.5 });
    await writeDetectionReport(join(folder, type), { title: 't', analysis: report, images: folder });
    const page = read(join(folder, type), 'report.html');
    const shot = page.slice(page.indexOf('<div class="shot">'));
    assert.is(count(shot, /<rect class="box/g), 2, type);
    assert.equal(
      [count(shot, /class="missed outlined" color="#ffb000"><path class="mask"/g), count(shot, /class="mask"/g)],
      type === 'segm' ? [1, 2] : [0, 0],
    );
    // Hidden joints have a black rim; those of a detection count as seen, whatever its file says.
    assert.equal(
      [/"limb left"/g, /"rim hidden"/g, /"rim"/g, /"joint left"/g, /"joint right"/g].map((part) => count(shot, part)),
      type === 'keypoints' ? [2, 1, 1, 2, 2] : [0, 0, 0, 0, 0],
    );
  }
});

test.run();
