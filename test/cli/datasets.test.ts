import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crops } from '../../cli/dataset-crops.ts';
import { info } from '../../cli/dataset-info.ts';
import { convert, fetch, list } from '../../cli/datasets.ts';
import exportModel from '../../cli/export.ts';
import { convert as convertModel } from '../../cli/models.ts';
import type { Command } from '../../cli/terminal/command.ts';
import { parseFlags } from '../../cli/terminal/flags.ts';
import { writeImage } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { pngHeader } from '../datasets/detection/scratch.ts';
import { projectRoot } from '../shared-data.ts';
import { record } from './fake-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'datasets-'));
process.env.RESNET_COCO_HOME = join(folder, 'home');
delete process.env.RESNET_COCO_MIRROR;
test.after(() => rmSync(folder, { recursive: true }));

const good = {
  images: [{ id: 1, file_name: 'a.png', width: 100, height: 50 }],
  annotations: [
    { id: 1, image_id: 1, category_id: 3, bbox: [1, 1, 9, 9], area: 81, iscrowd: 0 },
    { id: 2, image_id: 1, category_id: 3, bbox: [0, 0, 50, 50], area: 2500, iscrowd: 1 },
  ],
  categories: [{ id: 3, name: 'a\u001b[31mcat' }],
};
const annotations = join(folder, 'a.json');
writeFileSync(annotations, JSON.stringify(good));
const wrong = join(folder, 'wrong.json');
const strays = Array.from({ length: 30 }, (_, i) => ({ ...good.annotations[0], id: i + 10, category_id: 8 }));
writeFileSync(wrong, JSON.stringify({ ...good, annotations: [...good.annotations, ...strays] }));

async function run(command: Command, ...args: string[]) {
  const { terminal, stdout, stderr } = record();
  const { flags, positionals } = parseFlags(command.flags, args);
  const code = await command.run({ flags, positionals, terminal, signal: new AbortController().signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

async function failure(command: Command, ...args: string[]): Promise<ResnetCocoError> {
  const error = await run(command, ...args).catch((thrown: unknown) => thrown);
  assert.instance(error, ResnetCocoError);
  return error as ResnetCocoError;
}

test('list: each known data set, its size, license and source', async () => {
  const { stdout } = await run(list);
  for (const name of ['cifar10', 'cifar100', 'coco-val2017', 'bccd']) assert.ok(stdout.includes(name));
  assert.match(stdout, /1\.1 GB.*cocodataset/);
  assert.match(stdout, /CC BY 4\.0/);
  const json = JSON.parse((await run(list, '--json')).stdout);
  assert.equal(
    json.map(({ name, cached }: { name: string; cached: boolean }) => [name, cached]),
    [
      ['cifar10', false],
      ['cifar100', false],
      ['coco-val2017', false],
      ['bccd', false],
    ],
  );
});

test('info: tables for people, JSON for programs', async () => {
  const { code, stdout, stderr } = await run(info, annotations);
  assert.is(code, 0);
  assert.match(stdout, /images +1\n/);
  assert.match(stdout, /annotations +2, 1 of crowds\n/);
  assert.match(stdout, /small +under 32² +1 +100\.0 %/);
  assert.match(stdout, / 3 {2}a\\x1b\[31mcat +2 +100\.0 % +1/);
  assert.is(stderr, '');
  const report = JSON.parse((await run(info, annotations, '--json')).stdout);
  assert.is(report.format, 'coco');
  assert.equal(report.sizes, { small: 1, medium: 0, large: 0 });
  assert.equal(report.problems, { errors: 0, warnings: 0, first: [] });
});

test('info: the first problems and their number; errors are exit code 1', async () => {
  const { code, stdout, stderr } = await run(info, wrong);
  assert.is(code, 1);
  assert.match(stdout, /annotations +2,/);
  const lines = stderr.trimEnd().split('\n');
  assert.is(lines.length, 21);
  assert.match(lines[0], /^error: .*wrong\.json, image 1, annotation 10, category_id is 8: /);
  assert.is(lines[20], '30 errors, 0 warnings, the first 20 above');
  const { code: again, stdout: json } = await run(info, wrong, '--json');
  assert.is(again, 1);
  assert.is(JSON.parse(json).problems.first.length, 30);
});

test('info: a data set for classification', async () => {
  const root = join(folder, 'classes');
  for (const [name, width] of [
    ['cat/1.png', 10],
    ['cat/2.png', 30],
    ['dog/3.png', 20],
  ] as const) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), pngHeader(width, 40));
  }
  const { code, stdout, stderr } = await run(info, `imagefolder:${root}`);
  assert.is(code, 0);
  assert.match(stdout, /images +3\nclasses +2\n/);
  assert.match(stdout, /width +10 +20 +20 +30\n/);
  assert.match(stdout, / {4}0 {2}cat +2 +66\.7 %\n {4}1 {2}dog +1 +33\.3 %/);
  assert.is(stderr, '');
  writeFileSync(join(root, 'dog', 'broken.png'), 'x');
  const broken = await run(info, `imagefolder:${root}`, '--json');
  assert.is(broken.code, 1);
  assert.is(broken.stderr, '1 image cannot be read\n');
  const { perClass, unreadable, height } = JSON.parse(broken.stdout);
  assert.equal(perClass[1], { index: 1, name: 'dog', images: 2 });
  assert.is(unreadable[0].image, join(root, 'dog', 'broken.png'));
  assert.equal(height, { min: 40, median: 40, mean: 40, max: 40 });
  assert.match((await failure(info, `imagefolder:${root}`, '--split', 'val')).message, /train or test/);
  assert.match((await failure(info, 'mnist:x')).message, /'mnist:x' is no data set; expected one of cifar10:DIR/);
});

test('convert: writes what can be used, tells the rest', async () => {
  const out = join(folder, 'yolo');
  const { code, stderr } = await run(convert, wrong, join(folder, 'back.json'), '--to', 'coco');
  assert.is(code, 1);
  assert.match(stderr, /30 errors/);
  assert.match(stderr, /back\.json: 1 image, 2 annotations written/);
  const message = (await failure(convert, annotations, out, '--to', 'yolo')).message;
  assert.match(message, /control character/);
  assert.not(existsSync(join(out, 'labels')));
  writeFileSync(annotations, JSON.stringify({ ...good, categories: [{ id: 3, name: 'cat' }] }));
  const done = await run(convert, annotations, out, '--to', 'yolo', '--split', 'val');
  assert.is(done.code, 0);
  assert.match(done.stderr, /yolo cannot store 1 crowd: left out\n.*yolo: 1 image, 1 annotation written/);
  assert.is(readFileSync(join(out, 'val.txt'), 'utf8'), './images/a.png\n');
});

test('crops: pictures of objects, and how many; a broken image is exit code 1', async () => {
  const images = join(folder, 'pictures');
  const out = join(folder, 'crops');
  const picture = { width: 100, height: 50, data: new Uint8Array(100 * 50 * 3).fill(90) };
  await writeImage(join(images, 'a.png'), picture, 'png');
  const box = { image_id: 1, category_id: 3, area: 81, iscrowd: 0 };
  const dataset = {
    ...good,
    annotations: [
      { ...box, id: 1, bbox: [1, 1, 9, 9] },
      { ...box, id: 2, bbox: [0, 0, 50, 50] },
    ],
    categories: [{ id: 3, name: 'cat' }],
  };
  const path = join(folder, 'crops.json');
  writeFileSync(path, JSON.stringify(dataset));
  const { code, stderr } = await run(crops, path, out, '--images', images, '--smallest', '20');
  assert.is(code, 0);
  assert.match(stderr, /crops: 1 image in 1 folder; 1 object under 20 pixels left out\n$/);
  assert.ok(existsSync(join(out, 'cat', 'a-2.jpg')));

  await writeImage(join(images, 'b.png'), picture, 'png');
  writeFileSync(join(images, 'a.png'), readFileSync(join(images, 'a.png')).subarray(0, 60));
  const second = { ...good.images[0], id: 2, file_name: 'b.png' };
  const annotations = [...dataset.annotations, { ...box, id: 3, image_id: 2, bbox: [0, 0, 50, 50] }];
  writeFileSync(path, JSON.stringify({ ...dataset, images: [...good.images, second], annotations }));
  const broken = await run(crops, path, out, '--images', images);
  assert.is(broken.code, 1);
  assert.match(broken.stderr, /error: .*a\.png/);
  assert.match(broken.stderr, /1 image in 1 folder/);

  await writeImage(join(images, 'a.png'), picture, 'png');
  const whole = join(folder, 'my crops');
  const parted = await run(crops, path, whole, '--images', images, '--val-fraction', '0.5');
  assert.is(parted.code, 0);
  assert.ok(
    parted.stderr.includes(`next: resnet-coco train backbone --dataset 'imagefolder:${whole}' --arch resnet18`),
  );
  assert.equal(readdirSync(whole).sort(), ['train', 'val']);
  for (const part of ['train', 'val']) assert.is(readdirSync(join(whole, part, 'cat')).length, 1);
  const plain = join(folder, 'plain');
  await run(crops, path, plain, '--images', images, '--val-fraction', '0');
  assert.equal(readdirSync(plain), ['cat']);
  await run(crops, path, plain, '--images', images, '--split', 'valid');
  assert.equal(readdirSync(join(plain, 'val')), ['cat']);
});

test('wrong calls', async () => {
  assert.is((await failure(convert, annotations, 'x')).code, 'USAGE');
  assert.is((await failure(info, join(folder, 'gone'))).code, 'FILE_NOT_FOUND');
  assert.is((await failure(fetch, 'imagenet')).code, 'USAGE');
});

test('convert and export never write over a file that is there, whatever it is called, but with --force', async () => {
  const link = join(folder, 'link.json');
  symlinkSync(annotations, link);
  const hard = join(folder, 'hard.json');
  linkSync(annotations, hard);
  const before = readFileSync(annotations, 'utf8');
  for (const out of [annotations, link, hard, wrong, folder]) {
    const { code, message } = await failure(convert, annotations, out, '--to', 'coco');
    assert.is(code, 'FILE_NOT_WRITABLE');
    assert.match(message, /already exists; name another file, or overwrite it with --force/);
  }
  // Its own input not even then.
  for (const out of [annotations, link, hard]) {
    assert.match((await failure(convert, annotations, out, '--to', 'coco', '--force')).message, /is what is read/);
  }
  assert.is(readFileSync(annotations, 'utf8'), before);
  const other = join(folder, 'other.json');
  writeFileSync(other, 'old');
  assert.is((await run(convert, annotations, other, '--to', 'coco', '--force')).code, 0);
  assert.is(JSON.parse(readFileSync(other, 'utf8')).images.length, 1);

  const model = join(folder, 'model.safetensors');
  await run(convertModel, join(projectRoot, 'models', 'cifar10-resnet20.safetensors'), model);
  const weights = readFileSync(model);
  const alias = join(folder, 'alias.safetensors');
  symlinkSync(model, alias);
  for (const out of [model, alias, other]) {
    assert.match((await failure(convertModel, model, out)).message, /already exists/);
    assert.match((await failure(exportModel, model, '--out', out)).message, /already exists/);
  }
  assert.equal(readFileSync(model), weights);
  await run(convertModel, model, model, '--force');
  assert.equal(readFileSync(model), weights);
  await run(exportModel, model, '--out', other, '--force');
  const { length } = readFileSync(other);
  assert.ok(length > 100_000);
  await run(exportModel, model, '--out', other, '--force', '--precision', 'float16');
  assert.ok(readFileSync(other).length < 0.55 * length);
});

test.run();
