import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeSafetensors } from '../../checkpoints/index.ts';
import { encodeImage } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { loadClassifier } from '../../index.ts';
import { rejects } from '../rejects.ts';
import { waveCheckpoint } from '../wave-models.ts';
import { wave } from '../waves.ts';

const test = suite('classifier');
const folder = mkdtempSync(join(tmpdir(), 'classifier-'));
test.after(() => rmSync(folder, { recursive: true }));

const CONFIG = {
  architecture: 'resnet20',
  stem: 'cifar',
  shortcut: 'A',
  num_classes: 3,
  categories: [{ name: 'cat' }, { name: 'dog', wnid: 'n02084071' }, { name: 'bird' }],
  resize_size: null,
  crop_size: 32,
};
const model = join(folder, 'small.safetensors');
const picture = (phase: number) => ({
  width: 40,
  height: 36,
  data: Uint8Array.from(wave(40 * 36 * 3, phase), (value) => 128 + 120 * value),
});
const files = [1, 2, 3, 4, 5].map((phase) => join(folder, `${phase}.png`));

test.before(async () => {
  const { tensors, config } = waveCheckpoint(CONFIG);
  await writeSafetensors(model, tensors, { format: 'resnet-coco', config: JSON.stringify(config) });
  for (const [i, file] of files.entries()) writeFileSync(file, await encodeImage(picture(i), 'png'));
});

test('finite weights that overflow are an error, not a class of NaN %', async () => {
  const { tensors, config } = waveCheckpoint(CONFIG);
  const large = new Map(
    [...tensors].map(([name, tensor]) => {
      const values = new Float32Array(new Uint8Array(tensor.bytes()).buffer);
      const data = tensor.shape.length === 4 ? values.map((value) => 1e12 * value) : values;
      return [name, { ...tensor, bytes: () => new Uint8Array(data.buffer) }];
    }),
  );
  const file = join(folder, 'large.safetensors');
  await writeSafetensors(file, large, { format: 'resnet-coco', config: JSON.stringify(config) });
  const classifier = await loadClassifier(file, { threads: 1 });
  const isTold = ({ code, message }: ResnetCocoError) => code === 'BAD_MODEL' && /not a finite number/.test(message);
  assert.ok(
    await classifier.classify(files[0]).then(
      () => false,
      (reason: ResnetCocoError) => isTold(reason),
    ),
  );
  await classifier.dispose();
});

test('gives the most probable classes first, whatever the input is', async () => {
  const classifier = await loadClassifier(model, { threads: 1 });
  const all = await classifier.classify(files[0]);
  assert.is(all.length, 3);
  assert.ok(Math.abs(all.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-9);
  assert.ok(all[0].probability >= all[1].probability && all[1].probability >= all[2].probability);
  const dog = all.find(({ label }) => label === 'dog')!;
  assert.is(dog.index, 1);
  assert.is(dog.wnid, 'n02084071');
  assert.not.ok('wnid' in all.find(({ label }) => label === 'cat')!);
  assert.equal(await classifier.classify(readFileSync(files[0])), all);
  assert.equal(await classifier.classify(picture(0)), all);
  assert.equal(await classifier.classify(new URL(`file://${files[0]}`)), all);
  const several = await classifier.classify(files, { top: 1 });
  assert.is(several.length, 5);
  assert.equal(several[0], all.slice(0, 1));
  await classifier.dispose();
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('batches and streams change nothing but rounding, and keep the order', async () => {
  const broken = join(folder, 'broken.png');
  writeFileSync(broken, 'no image');
  const inputs = [...files.slice(0, 2), broken, join(folder, 'absent.png'), ...files.slice(2)];
  const one = await loadClassifier(model, { threads: 1 });
  const single = await collect(one.classifyAll(inputs));
  await one.dispose();
  const many = await loadClassifier(model, { threads: 2, streams: 2 });
  const batched = await collect(many.classifyAll(inputs, { batch: 3 }));
  await many.dispose();
  assert.equal(
    single.map(({ file }) => file),
    inputs,
  );
  single.forEach((result, i) => {
    const other = batched[i];
    assert.is(other.file, result.file);
    if ('error' in result) {
      assert.ok('error' in other && other.error.code === result.error.code);
      return;
    }
    assert.ok('predictions' in other);
    result.predictions.forEach((prediction, k) => {
      assert.is(other.predictions[k].label, prediction.label);
      assert.ok(Math.abs(other.predictions[k].probability - prediction.probability) < 1e-5);
    });
  });
  assert.is((single[2] as { error: ResnetCocoError }).error.code, 'BAD_IMAGE');
  assert.is((single[3] as { error: ResnetCocoError }).error.code, 'FILE_NOT_FOUND');
});

test('logits are of each image in its place, whatever it is and however many run at once', async () => {
  const classifier = await loadClassifier(model, { threads: 1 });
  const sources = [files[0], picture(3), join(folder, 'absent.png'), readFileSync(files[2])];
  for (const batch of [1, 3]) {
    const scored = await collect(classifier.logitsAll(sources, { batch }));
    assert.equal(
      scored.map(({ index, item, source }) => [index, item, source]),
      sources.map((source, i) => [i, source, source]),
    );
    assert.is(scored[2].error?.code, 'FILE_NOT_FOUND');
    for (const [i, name] of [
      [0, files[0]],
      [1, files[3]],
      [3, files[2]],
    ] as const) {
      const logits = scored[i].logits!;
      assert.is(logits.length, 3);
      const powers = [...logits].map(Math.exp);
      const sum = powers.reduce((a, b) => a + b);
      for (const { index, probability } of await classifier.classify(name)) {
        assert.ok(Math.abs(powers[index] / sum - probability) < 1e-5);
      }
    }
  }
  await classifier.dispose();
});

test('classifyAll takes whatever classify takes, and says which of it each result is of', async () => {
  const classifier = await loadClassifier(model, { threads: 1 });
  const items = [files[0], pathToFileURL(files[1]), readFileSync(files[2]), picture(3), join(folder, 'absent.png')];
  async function* stream() {
    for (const item of items) yield item;
  }
  for (const input of [items, stream()]) {
    const results = await collect(classifier.classifyAll(input, { batch: 2, top: 1 }));
    assert.equal(
      results.map(({ index, item }) => [index, item]),
      items.map((item, i) => [i, item]),
    );
    assert.equal(
      results.map(({ file }) => file),
      [files[0], files[1], `image of ${readFileSync(files[2]).length} bytes in memory`, 'image in memory', items[4]],
    );
    assert.is((results[4] as { error: ResnetCocoError }).error.code, 'FILE_NOT_FOUND');
  }
  for (const one of [files[0], readFileSync(files[0])]) {
    assert.is((await collect(classifier.logitsAll(one))).length, 1);
    assert.is((await collect(classifier.classifyAll(one))).length, 1);
  }
  const [expected] = await classifier.classify([files[0]]);
  assert.equal(await classifier.classify(new Set([files[0]])), [expected]);
  await classifier.dispose();
});

test('an abort ends the stream', async () => {
  const classifier = await loadClassifier(model, { threads: 1 });
  const controller = new AbortController();
  let count = 0;
  for await (const _ of classifier.classifyAll([...files, ...files, ...files], { signal: controller.signal })) {
    if (++count === 2) controller.abort();
  }
  assert.ok(count < 15, `${count} came`);
  await classifier.dispose();
});

async function refuses(path: string, code: string, pattern: RegExp, options = {}): Promise<void> {
  try {
    await loadClassifier(path, options);
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, pattern);
    return;
  }
  assert.unreachable('it loaded');
}

test('models that do not fit are refused, naming what is wrong', async () => {
  const { tensors, config } = waveCheckpoint(CONFIG);
  const write = async (name: string, held: typeof tensors, text: string) => {
    const path = join(folder, name);
    await writeSafetensors(path, held, { format: 'resnet-coco', config: text });
    return path;
  };
  const without = new Map([...tensors].filter(([name]) => name !== 'layer1.0.conv1.weight'));
  await refuses(await write('a.safetensors', without, JSON.stringify(config)), 'BAD_MODEL', /layer1\.0\.conv1\.weight/);
  const wider = JSON.stringify({ ...config, num_classes: 4, categories: undefined });
  await refuses(await write('b.safetensors', tensors, wider), 'BAD_MODEL', /linear\.weight is \[3,64\].*\[4,64\]/);
  await refuses(await write('c.safetensors', tensors, '{'), 'BAD_CONFIG', /not JSON/);
  const detector = JSON.stringify({ architecture: 'fasterrcnn' });
  await refuses(await write('d.safetensors', tensors, detector), 'BAD_MODEL', /detector, not a classifier/);
  await refuses('resnet49', 'UNKNOWN_MODEL', /resnet50/);
  await refuses(join(folder, 'absent.safetensors'), 'FILE_NOT_FOUND', /absent/);
});

test('a plain checkpoint is told by its tensors, or by the name of its architecture', async () => {
  const { tensors } = waveCheckpoint(CONFIG);
  const plain = join(folder, 'plain.safetensors');
  await writeSafetensors(plain, tensors);
  const classifier = await loadClassifier(plain, { threads: 1 });
  assert.is(classifier.config.architecture, 'resnet20');
  assert.is(classifier.config.shortcut, 'A');
  assert.is((await classifier.classify(files[0]))[0].label.startsWith('class '), true);
  await classifier.dispose();
  await refuses(plain, 'BAD_MODEL', /lacks tensors of resnet32/, { arch: 'resnet32' });
  await refuses(plain, 'BAD_CONFIG', /architecture/, { arch: 'vgg16' });
});

test('a plain net is told by name alone, and has no place for projections', async () => {
  const { tensors } = waveCheckpoint(CONFIG);
  const plain = join(folder, 'plain-net.safetensors');
  await writeSafetensors(plain, tensors);
  const [residual, named] = [await loadClassifier(plain), await loadClassifier(plain, { arch: 'plain20' })];
  const { architecture, shortcut, stem } = named.config;
  assert.equal([architecture, shortcut, stem], ['plain20', 'none', 'cifar']);
  const probability = async (classifier: typeof named) => (await classifier.classify(files[0]))[0].probability;
  assert.not.equal(await probability(residual), await probability(named));
  await Promise.all([residual.dispose(), named.dispose()]);
  const projecting = join(folder, 'projecting.safetensors');
  for (const [shortcut, depth] of [
    ['B', 20],
    ['C', 8],
  ]) {
    const other = waveCheckpoint({ ...CONFIG, architecture: `resnet${depth}`, shortcut });
    await writeSafetensors(projecting, other.tensors);
    await refuses(projecting, 'BAD_MODEL', /projection shortcuts/, { arch: `plain${depth}` });
    const told = await loadClassifier(projecting);
    assert.equal([told.config.architecture, told.config.shortcut], [`resnet${depth}`, shortcut]);
    await told.dispose();
  }
});

test('ten crops: the mean of what each of them says, alone or in a batch', async () => {
  const { tensors, config } = waveCheckpoint({ ...CONFIG, resize_size: 36 });
  const file = join(folder, 'ten.safetensors');
  await writeSafetensors(file, tensors, { format: 'resnet-coco', config: JSON.stringify(config) });
  const classifier = await loadClassifier(file, { threads: 1 });
  try {
    const image = picture(3);
    // From 36 × 40 pixels, without resizing; the corners, the center, and all of them mirrored.
    const cut = (left: number, top: number, mirrors: boolean) => {
      const data = new Uint8Array(32 * 32 * 3);
      for (let i = 0; i < data.length; i++) {
        const [x, y] = [Math.floor(i / 3) % 32, Math.floor(i / 96)];
        data[i] = image.data[((top + y) * 40 + left + (mirrors ? 31 - x : x)) * 3 + (i % 3)];
      }
      return { width: 32, height: 32, data };
    };
    const places = [
      [0, 0],
      [8, 0],
      [0, 4],
      [8, 4],
      [4, 2],
    ]; // prettier-ignore
    const crops = places.flatMap(([left, top]) => [cut(left, top, false), cut(left, top, true)]);
    const plain = await loadClassifier(model, { threads: 1 });
    const answers = await plain.classify(crops, { top: 3 });
    await plain.dispose();
    const mean = [0, 1, 2].map(
      (k) => answers.reduce((sum, classes) => sum + classes.find(({ index }) => index === k)!.probability, 0) / 10,
    );
    const check = (predictions: readonly { index: number; probability: number }[]) => {
      for (const { index, probability } of predictions) {
        assert.ok(Math.abs(probability - mean[index]) < 1e-5, `class ${index}: ${probability}, not ${mean[index]}`);
      }
    };
    check(await classifier.classify(image, { top: 3, crops: 10 }));
    for await (const result of classifier.classifyAll([image, image, image], { top: 3, crops: 10, batch: 2 })) {
      assert.ok('predictions' in result);
      check(result.predictions);
    }
    const [{ probability }] = await classifier.classify(image, { top: 1 });
    assert.ok(Math.abs(probability - Math.max(...mean)) > 1e-4, 'one crop says something else');
  } finally {
    await classifier.dispose();
  }
});

test('another size is seen at that size; numbers that are none are refused', async () => {
  const classifier = await loadClassifier(model, { threads: 1 });
  try {
    const large = await classifier.classify(files[0], { size: 48, top: 3 });
    assert.not.equal(large, await classifier.classify(files[0], { top: 3 }));
    assert.equal(
      await classifier.classify(files[0], { size: 32, top: 3 }),
      await classifier.classify(files[0], { top: 3 }),
    );
    await rejects(classifier.classify(files[0], { size: 'test' }), 'USAGE', /the model says no size of its test/);
    await rejects(classifier.classify(files[0], { size: 0 }), 'USAGE', /size must be a whole number from 1 .*is 0/);
    await rejects(classifier.classify(files[0], { crops: 5 as 10 }), 'USAGE', /crops must be 1 or 10, is 5/);
    await rejects(classifier.logitsAll(files, { size: 99_999 }).next(), 'USAGE', /size must be a whole number/);
  } finally {
    await classifier.dispose();
  }
});

test.run();
