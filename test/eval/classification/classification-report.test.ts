import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Image } from '../../../datasets/index.ts';
import { ClassificationEvaluator, type EvaluatedClassifier, writeClassificationReport } from '../../../eval/index.ts';
import { rejects } from '../../rejects.ts';

const test = suite('classification report');
const root = mkdtempSync(join(tmpdir(), 'report-'));
const newFolder = () => mkdtempSync(join(root, 'test-'));
test.after(() => rmSync(root, { recursive: true }));

const hostile = '</script><script>document.title="broken"</script><!--<img src=x onerror=alert(1)> "\'&\u2028 犬, "b"';
const picture: Image = { width: 8, height: 8, data: new Uint8Array(192).fill(90) };

/** Two classes of which one is called something nasty; of six images one is wrong, and one could not be read. */
function evaluated(change: Partial<EvaluatedClassifier> = {}): EvaluatedClassifier {
  const evaluator = new ClassificationEvaluator(3);
  for (const [i, label] of [0, 0, 0, 1, 1].entries()) evaluator.add([2, label * 4, -1], label, i);
  evaluator.add([5, 1, -1], 1, 5);
  return {
    model: 'small.safetensors',
    dataset: { name: 'cifar10', length: 7, nameOf: (i) => `test.bin[${i}]`, image: () => picture },
    source: 'cifar10:DIR',
    classes: [{ name: 'cat' }, { name: hostile, wnid: 'n00000001' }, { name: 'never' }],
    result: evaluator.result(),
    failures: [{ file: 'gone.png', error: 'gone.png: no such file' }],
    ...change,
  };
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

test('writes the page, JSON and tables', async () => {
  const folder = join(newFolder(), 'deep', 'er');
  await writeClassificationReport(folder, evaluated());
  assert.equal(readdirSync(folder).sort(), ['confusion.csv', 'per-class.csv', 'report.html', 'report.json']);
  const report = JSON.parse(read(folder, 'report.json'));
  assert.equal(
    [report.model, report.dataset, report.images, report.top1],
    ['small.safetensors', 'cifar10:DIR', 6, 5 / 6],
  );
  assert.equal(report.perClass[1], {
    index: 1,
    label: hostile,
    wnid: 'n00000001',
    images: 3,
    top1: 2 / 3,
    top5: 1,
    precision: 1,
    f1: 0.8,
  });
  assert.equal(report.confusion, {
    classes: [0, 1],
    counts: [
      [3, 0],
      [1, 2],
    ],
  });
  assert.equal(
    [report.mistakes.length, report.mistakes[0].file, report.mistakes[0].prediction],
    [1, 'test.bin[5]', 'cat'],
  );
  assert.equal(report.failures, [{ file: 'gone.png', error: 'gone.png: no such file' }]);
  // A line separator is shown by its number, as on a terminal.
  const quoted = `"${hostile.replaceAll('"', '""').replace('\u2028', '\\u2028')}"`;
  assert.is(
    read(folder, 'per-class.csv'),
    `index,label,wnid,images,top1,top5,precision,f1\r\n0,cat,,3,1,1,0.75,${6 / 7}\r\n1,${quoted},n00000001,3,${2 / 3},1,1,0.8\r\n`,
  );
  assert.is(read(folder, 'confusion.csv'), `label,cat,${quoted}\r\ncat,3,0\r\n${quoted},1,2\r\n`);
});

test('the page tells the numbers, and shows what was mistaken', async () => {
  const folder = newFolder();
  await writeClassificationReport(folder, evaluated());
  const page = read(folder, 'report.html');
  assert.match(page, '<title>small.safetensors on cifar10</title>');
  assert.match(page, '83.3 %');
  assert.match(page, '1 image could not be read');
  assert.is(page.match(/<img /g)!.length, 1);
  assert.match(page, /<img class="tiny" src="data:image\/png;base64,[\w+/=]+"/);
  const data = JSON.parse(page.match(/<script type="application\/json">(.*?)<\/script>/s)![1]);
  assert.equal(data.counts, [
    [[0, 3]],
    [
      [0, 1],
      [1, 2],
    ],
  ]);
  assert.equal(data.names, ['cat', hostile]);
});

test('nothing that a class or file is called becomes markup', async () => {
  const folder = newFolder();
  const names = { name: hostile, length: 7, nameOf: () => hostile, image: () => picture };
  const failures = [{ file: hostile, error: hostile }];
  await writeClassificationReport(folder, evaluated({ model: hostile, source: hostile, dataset: names, failures }));
  const page = read(folder, 'report.html');
  assert.is(page.match(/<script/gi)!.length, 3, 'two of its own and the data of the matrix');
  assert.is(page.match(/<img /gi)!.length, 1, 'the mistake');
  assert.is(page.match(/<!--/g), null);
});

test('its policy allows its own scripts and styles by their hashes, and no request', async () => {
  const folder = newFolder();
  await writeClassificationReport(folder, evaluated());
  const page = read(folder, 'report.html');
  const policy = page.match(/Content-Security-Policy" content="(.*?)"/)![1];
  assert.match(policy, "default-src 'none'");
  const hashes = (pattern: RegExp) =>
    [...page.matchAll(pattern)].map(([, text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  assert.match(policy, `script-src ${hashes(/<script>(.*?)<\/script>/gs).join(' ')};`);
  assert.match(policy, `style-src ${hashes(/<style>(.*?)<\/style>/gs).join(' ')};`);
  for (const [, script] of page.matchAll(/<script>(.*?)<\/script>/gs)) assert.not.throws(() => new Script(script));
  assert.is(page.match(/ style=/), null, 'the policy forbids style attributes');
  assert.equal(page.match(/\w+:\/\/[^\s'"]+/g), null);
});

test('a run that was broken off says so', async () => {
  const folder = newFolder();
  await writeClassificationReport(folder, evaluated());
  assert.not.match(read(folder, 'report.html'), 'did not finish');
  await writeClassificationReport(folder, evaluated({ dataset: { ...evaluated().dataset, length: 2000 } }));
  assert.match(read(folder, 'report.html'), 'This run did not finish: 7 of 2,000 images done.');
});

test('a page without mistakes, and one whose images are gone', async () => {
  const folder = newFolder();
  const evaluator = new ClassificationEvaluator(3);
  evaluator.add([1, 0, 0], 0, 0);
  await writeClassificationReport(folder, evaluated({ result: evaluator.result(), failures: [] }));
  assert.match(read(folder, 'report.html'), 'every prediction is right');
  const gone = { ...evaluated().dataset, image: () => join(folder, 'gone.png') };
  await writeClassificationReport(folder, evaluated({ dataset: gone }));
  assert.is(read(folder, 'report.html').match(/<img /), null);
});

test('where one file cannot be written, none is', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'report.html'), 'old');
  mkdirSync(join(folder, 'confusion.csv'));
  await rejects(writeClassificationReport(folder, evaluated()), 'FILE_NOT_WRITABLE', /confusion\.csv/);
  assert.equal(readdirSync(folder).sort(), ['confusion.csv', 'report.html']);
  assert.is(read(folder, 'report.html'), 'old');
});

test.run();
