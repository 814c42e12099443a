import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classifyFiles } from '../../cli/classify.ts';
import { fakeClassifier, inputsOf, record } from './fake-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'classify-'));
const home = process.cwd();
process.chdir(folder);
test.after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
for (const name of ['a.jpg', 'longer.jpg', 'broken.png']) writeFileSync(name, '');

const never = new AbortController().signal;

test('a block of classes for each image, a summary on stderr, exit code 0', async () => {
  const { terminal, stdout, stderr } = record();
  const inputs = await inputsOf('a.jpg', 'longer.jpg');
  assert.is(await classifyFiles(fakeClassifier, inputs, { top: 5, json: false }, terminal, never), 0);
  const block = '  87.50 %  golden retriever  n02099601\n   6.25 %  tabby             n02123045\n';
  assert.is(stdout.text, `a.jpg\n${block}longer.jpg\n${block}`);
  assert.match(stderr.text, /^2 images, 0\.\d s, [\d.]+ images\/s\n$/);
});

test('--top 1 gives aligned lines', async () => {
  const { terminal, stdout } = record();
  const inputs = await inputsOf('a.jpg', 'longer.jpg');
  await classifyFiles(fakeClassifier, inputs, { top: 1, json: false }, terminal, never);
  assert.is(
    stdout.text,
    'a.jpg       87.50 %  golden retriever  n02099601\nlonger.jpg  87.50 %  golden retriever  n02099601\n',
  );
});

test('JSON has an element for each file, failed ones too; each failure is on stderr; exit code 1', async () => {
  symlinkSync('gone.jpg', 'z.jpg');
  const { terminal, stdout, stderr } = record();
  const inputs = await inputsOf('.');
  assert.is(await classifyFiles(fakeClassifier, inputs, { top: 1, json: true }, terminal, never), 1);
  const results: { file: string; error?: string; predictions?: unknown }[] = JSON.parse(stdout.text);
  assert.equal(
    results.map(({ file }) => file),
    ['z.jpg', 'a.jpg', 'broken.png', 'longer.jpg'],
  );
  assert.equal(results[1], {
    file: 'a.jpg',
    predictions: [{ index: 207, label: 'golden retriever', wnid: 'n02099601', probability: 0.875 }],
  });
  assert.equal(results[2], { file: 'broken.png', error: 'broken.png: the file is empty' });
  assert.match(stderr.text, /^resnet-coco: z\.jpg \(a broken link\): no such file or folder$/m);
  assert.match(stderr.text, /^resnet-coco: broken\.png: the file is empty$/m);
  assert.match(stderr.text, /^2 images, 2 failed, /m);
  rmSync('z.jpg');
});

test('failures are on stderr without JSON too', async () => {
  const { terminal, stdout, stderr } = record();
  const inputs = await inputsOf('broken.png', 'a.jpg');
  assert.is(await classifyFiles(fakeClassifier, inputs, { top: 1, json: false }, terminal, never), 1);
  assert.match(stdout.text, /^a\.jpg .*\n$/);
  assert.match(stderr.text, /^resnet-coco: broken\.png: the file is empty\n1 image, 1 failed, /);
});

test('an interruption keeps what is done, as valid JSON', async () => {
  const { terminal, stdout, stderr } = record();
  const controller = new AbortController();
  const print = stdout._write.bind(stdout);
  stdout._write = (chunk, encoding, done) => {
    controller.abort();
    print(chunk, encoding, done);
  };
  const inputs = await inputsOf('a.jpg', 'longer.jpg', 'broken.png');
  await classifyFiles(fakeClassifier, inputs, { top: 1, json: true }, terminal, controller.signal);
  assert.is(JSON.parse(stdout.text).length, 1);
  assert.match(stderr.text, /^1 image, .*; 2 images not processed\n$/);
});

test('JSON is closed even where the model fails unexpectedly', async () => {
  const { terminal, stdout } = record();
  const failing = {
    async *classifyAll(files: Iterable<string>) {
      for (const file of files) {
        yield { file, predictions: [] };
        throw new Error('out of memory');
      }
    },
  };
  const inputs = await inputsOf('a.jpg', 'longer.jpg');
  try {
    await classifyFiles(failing, inputs, { top: 1, json: true }, terminal, never);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'out of memory');
  }
  assert.equal(JSON.parse(stdout.text), [{ file: 'a.jpg', predictions: [] }]);
});

test.run();
