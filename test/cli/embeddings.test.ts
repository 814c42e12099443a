import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import classify from '../../cli/classify.ts';
import embed from '../../cli/embed.ts';
import similar from '../../cli/similar.ts';
import type { Command } from '../../cli/terminal/command.ts';
import { parseFlags } from '../../cli/terminal/flags.ts';
import { encodeImage, readImage } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { loadClassifier, readVectors } from '../../index.ts';
import { projectRoot } from '../shared-data.ts';
import { record } from './fake-models.ts';

const MODEL = join(projectRoot, 'models', 'cifar10-resnet20.safetensors');
const shared = ['--model', MODEL, '--threads', '1'];
const names = ['astronaut', 'cat', 'coffee', 'photographer', 'rocket'];

const folder = mkdtempSync(join(tmpdir(), 'embeddings-'));
const home = process.cwd();
process.chdir(folder);
test.after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

test.before(async () => {
  mkdirSync('photos');
  for (const name of names) cpSync(join(projectRoot, 'samples', `${name}.jpg`), `photos/${name}.jpg`);
  // Another file of nearly the same picture.
  writeFileSync('photos/copy of cat.jpg', await encodeImage(await readImage('photos/cat.jpg'), 'jpeg', 60));
  mkdirSync('damaged');
  cpSync('photos/cat.jpg', 'damaged/b.jpg');
  writeFileSync('damaged/a.jpg', 'no image');
});

async function run(command: Command, ...args: string[]) {
  const { terminal, stdout, stderr } = record();
  const { flags, positionals } = parseFlags(command.flags, [...args, ...shared]);
  const code = await command.run({ flags, positionals, terminal, signal: new AbortController().signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

async function refused(command: Command, args: readonly string[], code: string, message: RegExp): Promise<void> {
  const error = await run(command, ...args).catch((thrown: unknown) => thrown);
  assert.instance(error, ResnetCocoError);
  assert.is((error as ResnetCocoError).code, code);
  assert.match((error as Error).message, message);
}

test('embed writes a matrix in the order of the inputs, and the list of them', async () => {
  const { code, stderr, stdout } = await run(embed, 'photos', '--out', 'v.npy', '--batch', '4');
  assert.equal([code, stdout], [0, '']);
  assert.match(stderr, /^6 images, 64 numbers each, .*; results are in v\.npy$/m);
  const { data, dimensions, files, model } = await readVectors('v.npy');
  assert.equal(
    files,
    ['astronaut', 'cat', 'coffee', 'copy of cat', 'photographer', 'rocket'].map((name) => `photos/${name}.jpg`),
  );
  assert.equal([dimensions, model], [64, MODEL]);
  const classifier = await loadClassifier(MODEL, { threads: 1 });
  for (const [i, file] of files.entries()) {
    const row = data.subarray(i * 64, (i + 1) * 64);
    for (const [k, value] of (await classifier.embed(file)).entries()) assert.ok(Math.abs(value - row[k]) < 1e-4);
  }
  await classifier.dispose();
});

test('embed overwrites nothing without --force, neither vectors nor list', async () => {
  for (const gone of ['v.npy', 'v.json']) {
    const [kept] = ['v.npy', 'v.json'].filter((name) => name !== gone);
    const before = readFileSync(kept);
    rmSync(gone);
    await refused(embed, ['photos', '--out', 'v.npy'], 'FILE_NOT_WRITABLE', /already exists.*--force/);
    assert.equal(readFileSync(kept), before);
    assert.is((await run(embed, 'photos', '--out', 'v.npy', '--force')).code, 0);
  }
  await refused(embed, ['photos', '--out', 'v.csv'], 'USAGE', /v\.csv: vectors are written as \.npy/);
  await refused(embed, ['photos'], 'USAGE', /embed wants --out FILE, such as --out vectors\.npy, or --json/);
});

test('images that fail have no vector, are said, and make the exit code 1', async () => {
  const { code, stderr, stdout } = await run(embed, 'damaged', '--out', 'w.jsonl', '--json');
  assert.is(code, 1);
  assert.match(stderr, /^resnet-coco: damaged\/a\.jpg: /m);
  assert.match(stderr, /^1 image, 64 numbers each, 1 failed, /m);
  const lines = readFileSync('w.jsonl', 'utf8').trimEnd().split('\n');
  assert.is(lines.length, 1);
  const [failed, one] = JSON.parse(stdout);
  assert.equal(Object.keys(failed), ['file', 'error']);
  assert.equal(one, JSON.parse(lines[0]));
  assert.equal([one.file, one.embedding.length], ['damaged/b.jpg', 64]);
  assert.equal(
    readdirSync('.').filter((name) => name.endsWith('.partial')),
    [],
  );
});

test('similar ranks a folder, and vectors of it, alike; the image itself comes first', async () => {
  const { code, stdout } = await run(similar, 'photos/cat.jpg', 'photos', '--top', '3');
  assert.is(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.is(lines.length, 3);
  assert.match(lines[0], /^1 {2}1\.0000 {2}photos\/cat\.jpg$/);
  assert.match(lines[1], /^2 {2}0\.9\d+ {2}photos\/copy of cat\.jpg$/);
  await run(embed, 'photos', '--out', 'v.jsonl');
  for (const vectors of ['v.npy', 'v.jsonl']) {
    const { stdout: text, stderr } = await run(similar, 'photos/cat.jpg', vectors, '--json');
    const results = JSON.parse(text);
    assert.equal(
      results.map(({ rank }: { rank: number }) => rank),
      [1, 2, 3, 4, 5, 6],
    );
    assert.equal(Object.keys(results[0]), ['rank', 'similarity', 'file']);
    assert.equal(
      results.slice(0, 3).map(({ file, rank, similarity }: { file: string; rank: number; similarity: number }) => {
        return `${rank}  ${similarity.toFixed(4)}  ${file}`;
      }),
      lines,
    );
    if (vectors === 'v.jsonl') assert.match(stderr, /v\.jsonl does not say which model made it/);
    else assert.is(stderr, '');
  }
});

test('similar says when the vectors are of another model, and refuses what cannot be compared', async () => {
  const list = JSON.parse(readFileSync('v.json', 'utf8'));
  writeFileSync('v.json', JSON.stringify({ ...list, model: 'resnet50' }));
  const { stderr } = await run(similar, 'photos/cat.jpg', 'v.npy');
  assert.match(stderr, /v\.npy was made by resnet50, not by --model .*cifar10-resnet20/);
  writeFileSync('v.json', JSON.stringify(list));
  writeFileSync('other.jsonl', '{"file": "a.jpg", "embedding": [1, 2]}\n');
  const args = ['photos/cat.jpg', 'other.jsonl'];
  await refused(
    similar,
    args,
    'BAD_RESULTS',
    /other\.jsonl has vectors of 2 numbers, but those of .*cifar10-resnet20\S* have 64; name with --model/,
  );
  writeFileSync('none.jsonl', '');
  await refused(similar, ['photos/cat.jpg', 'none.jsonl'], 'BAD_RESULTS', /none\.jsonl: has no vectors/);
  await refused(similar, ['photos/cat.jpg', 'v.json'], 'USAGE', /v\.json lists the images of v\.npy: name v\.npy/);
  await refused(similar, ['photos'], 'USAGE', /similar wants an image and <images>/);
  await refused(similar, ['--duplicates', 'a.jpg', 'photos'], 'USAGE', /similar wants <images> alone/);
  await refused(similar, ['absent.jpg', 'photos'], 'FILE_NOT_FOUND', /absent\.jpg/);
  await refused(similar, ['photos/cat.jpg', 'absent.npy'], 'FILE_NOT_FOUND', /absent\.npy/);
});

test('vectors remember the file of their model by its whole path', async () => {
  cpSync(MODEL, 'own.safetensors');
  const call = async (command: Command, ...args: string[]) => {
    const { terminal, stderr } = record();
    const { flags, positionals } = parseFlags(command.flags, [...args, '--threads', '1']);
    await command.run({ flags, positionals, terminal, signal: new AbortController().signal });
    return stderr.text;
  };
  await call(embed, 'photos/cat.jpg', '--out', 'own.npy', '--model', 'own.safetensors');
  assert.is(await call(similar, 'photos/cat.jpg', 'own.npy', '--model', 'own.safetensors'), '');
  assert.is(await call(similar, 'photos/cat.jpg', 'own.npy'), '');
  rmSync('own.safetensors');
  const error: Error = await call(similar, 'photos/cat.jpg', 'own.npy').catch((thrown) => thrown);
  assert.match(error.message, /own\.npy was made by \/.*own\.safetensors, which is no longer there; .*--model/);
});

test('flags of similar that change nothing are said', async () => {
  const { stderr } = await run(similar, '--duplicates', 'v.npy', '--top', '3', '--recursive');
  assert.match(stderr, /^--top has no effect with --duplicates$/m);
  assert.match(stderr, /^--recursive has no effect on the vectors in v\.npy$/m);
  assert.match(stderr, /^--model has no effect on the vectors in v\.npy$/m);
  const other = await run(similar, 'photos/cat.jpg', 'v.npy', '--threshold', '0.5');
  assert.is(other.stderr, '--threshold has no effect without --duplicates\n');
});

test('examples of one class are refused', async () => {
  mkdirSync('lone/cat', { recursive: true });
  cpSync('photos/cat.jpg', 'lone/cat/a.jpg');
  await refused(classify, ['photos', '--examples', 'lone'], 'BAD_DATASET', /all of one class, cat; add examples/);
});

test('similar goes past broken images of a folder', async () => {
  const { code, stderr, stdout } = await run(similar, 'photos/cat.jpg', 'damaged', '--json');
  assert.is(code, 1);
  assert.match(stderr, /^resnet-coco: damaged\/a\.jpg: /m);
  const [one, failed] = JSON.parse(stdout);
  assert.equal([one.rank, one.file], [1, 'damaged/b.jpg']);
  assert.equal(Object.keys(failed), ['file', 'error']);
});

test('near-duplicates come in groups, with counts, and on a page', async () => {
  const { code, stderr, stdout } = await run(
    similar,
    '--duplicates',
    'photos',
    '--threshold',
    '0.98',
    '--out',
    'found',
  );
  assert.is(code, 0);
  assert.match(stdout, /^2 images\n {2}1\.0000 {2}photos\/cat\.jpg\n {2}0\.9\d+ {2}photos\/copy of cat\.jpg\n$/);
  assert.match(stderr, /6 images, 1 group of near-duplicates with 2 images, 1 besides the first of each/);
  const page = readFileSync('found/index.html', 'utf8');
  assert.is(page.match(/<img /g)?.length, 2);
  assert.match(page, /copy of cat\.jpg/);
  const { stdout: text } = await run(similar, '--duplicates', 'v.npy', '--threshold', '0.98', '--json');
  const [group, ...others] = JSON.parse(text);
  assert.is(others.length, 0);
  assert.equal(
    group.images.map(({ file }: { file: string }) => file),
    ['photos/cat.jpg', 'photos/copy of cat.jpg'],
  );
  const none = await run(similar, '--duplicates', 'v.npy', '--threshold', '1');
  assert.is(none.stdout, '');
  assert.match(none.stderr, /0 groups of near-duplicates with 0 images/);
});

test('the page of similar images has the image and the similar ones; those that are gone are counted', async () => {
  cpSync('photos', 'gone', { recursive: true });
  await run(embed, 'gone', '--out', 'gone.npy');
  rmSync('gone/rocket.jpg');
  const { stderr } = await run(similar, 'photos/cat.jpg', 'gone.npy', '--out', 'page');
  assert.match(stderr, /page\/index\.html shows them; 1 image could not be read for it/);
  const page = readFileSync('page/index.html', 'utf8');
  assert.is(page.match(/<img /g)?.length, 6);
  assert.is(page.match(/class="missing"/g)?.length, 1);
  assert.ok(!existsSync('page/.resnet-coco.lock'));
});

test('classify --examples: classes of the examples, their counts and worth', async () => {
  for (const [label, files] of Object.entries({
    animal: ['cat', 'copy of cat'],
    thing: ['coffee', 'rocket', 'photographer'],
  })) {
    mkdirSync(join('examples', 'train', label), { recursive: true });
    for (const name of files) cpSync(`photos/${name}.jpg`, join('examples', 'train', label, `${name}.jpg`));
  }
  mkdirSync('examples/val/animal', { recursive: true });
  const args = ['damaged/b.jpg', 'photos/rocket.jpg', '--examples', 'examples', '--json'];
  for (const flag of ['--neighbors', '--neighbours']) {
    const { code, stderr, stdout } = await run(classify, ...args, flag, '2');
    assert.is(code, 0);
    assert.match(
      stderr,
      /5 examples \(2 of animal, 3 of thing\); the 2 most similar vote; each classified by the others: /,
    );
    assert.match(stderr, /\d+\.\d+ % right \(\d of 5\)/);
    const [cat, rocket] = JSON.parse(stdout);
    assert.equal([cat.predictions[0].label, cat.predictions[0].index], ['animal', 0]);
    assert.is(rocket.predictions[0].label, 'thing');
    const sum = cat.predictions.reduce((total: number, one: { probability: number }) => total + one.probability, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
    assert.is(cat.predictions.length, 2);
  }
  const { stderr } = await run(classify, ...args, '--neighbors', '99');
  assert.match(stderr, /all 5 vote, as there are no more/);
  await refused(classify, ['photos', '--neighbors', '3'], 'USAGE', /--neighbors has no effect without --examples DIR/);
  await refused(classify, ['photos', '--examples', 'absent'], 'FILE_NOT_FOUND', /absent: no such folder/);
  await refused(
    classify,
    ['photos', '--examples', 'photos'],
    'BAD_DATASET',
    /no folders in it; expected one per class/,
  );
});

test('broken examples are said and left out; a class without any other is refused', async () => {
  cpSync('damaged/a.jpg', 'examples/train/thing/broken.jpg');
  const { code, stderr } = await run(classify, 'photos/cat.jpg', '--examples', 'examples/train');
  assert.is(code, 1);
  assert.match(stderr, /^resnet-coco: examples\/train\/thing\/broken\.jpg: /m);
  assert.match(stderr, /5 examples \(2 of animal, 3 of thing\)/);
  mkdirSync('examples/train/void');
  cpSync('damaged/a.jpg', 'examples/train/void/broken.jpg');
  const args = ['photos/cat.jpg', '--examples', 'examples/train'];
  await refused(classify, args, 'BAD_DATASET', /no example of void can be read/);
});

test.run();
