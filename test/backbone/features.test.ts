import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FeatureMap } from '../../backbone/index.ts';
import { writeSafetensors } from '../../checkpoints/index.ts';
import type { EngineName } from '../../engine/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { type Classifier, type Image, loadClassifier, loadModel } from '../../index.ts';
import { fixturesDir } from '../shared-data.ts';
import { waveCheckpoint } from '../wave-models.ts';
import { wave } from '../waves.ts';

const test = suite('features');
const folder = mkdtempSync(join(tmpdir(), 'features-'));
test.after(() => rmSync(folder, { recursive: true }));

interface Case {
  readonly name: string;
  readonly config: { readonly crop_size: number };
  readonly embedding: { readonly length: number; readonly values: readonly number[] };
  readonly maps: readonly (Pick<FeatureMap, 'name' | 'stride' | 'shape'> & { readonly values: readonly number[] })[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'features.json'), 'utf8'));

const picture = (side: number, phase = 1): Image => ({
  width: side,
  height: side,
  data: Uint8Array.from(wave(side * side * 3, phase), (value) => 128 + 120 * value),
});

async function write(name: string, settings: object): Promise<string> {
  const { config, tensors } = waveCheckpoint(settings);
  const file = join(folder, `${name}.safetensors`);
  await writeSafetensors(file, tensors, { format: 'resnet-coco', config: JSON.stringify(config) });
  return file;
}

/** `expected` are every so manieth of the values. */
function agree(values: Float32Array, expected: readonly number[], what: string): void {
  const step = Math.max(1, Math.floor(values.length / 10));
  assert.is(Math.ceil(values.length / step), expected.length);
  const greatest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(values[i * step] - value) < 1e-4 * greatest, `${what} ${i}: ${values[i * step]}, not ${value}`);
  }
}

for (const engine of ['onnx', 'wasm'] as const satisfies readonly EngineName[]) {
  for (const { config, embedding, maps, name } of cases) {
    test(`embedding and feature maps of ${name} on ${engine} equal torch's`, async () => {
      const classifier = await loadClassifier(await write(name, config), { engine, threads: 1 });
      const image = picture(config.crop_size);
      const vector = await classifier.embed(image);
      assert.is(vector.length, embedding.length);
      assert.is(classifier.dimensions, embedding.length);
      agree(vector, embedding.values, 'embedding');
      const features = await classifier.features(image);
      assert.equal(
        features.map(({ name, shape, stride }) => ({ name, shape, stride })),
        maps.map(({ name, shape, stride }) => ({ name, shape, stride })),
      );
      for (const [i, { data, name, shape }] of features.entries()) {
        assert.is(data.length, shape[0] * shape[1] * shape[2]);
        agree(data, maps[i].values, name);
      }
      await classifier.dispose();
    });
  }
}

const CIFAR = { architecture: 'resnet20', num_classes: 3, resize_size: null, crop_size: 32 };

test('the embedding is the average of the last map, and what the logits are computed from', async () => {
  const { tensors } = waveCheckpoint(CIFAR);
  const classifier = await loadClassifier(await write('small', CIFAR), { threads: 1 });
  const vector = await classifier.embed(picture(32));
  const { data, shape } = (await classifier.features(picture(32)))[2];
  const places = shape[0] * shape[1];
  for (let channel = 0; channel < shape[2]; channel++) {
    let sum = 0;
    for (let place = 0; place < places; place++) sum += data[place * shape[2] + channel];
    assert.ok(Math.abs(sum / places - vector[channel]) < 1e-5);
  }
  const floats = (name: string) => new Float32Array(new Uint8Array(tensors.get(name)!.bytes()).buffer);
  const [weight, bias] = [floats('linear.weight'), floats('linear.bias')];
  for await (const { logits } of classifier.logitsAll([picture(32)])) {
    for (const [k, logit] of logits!.entries()) {
      const product = vector.reduce((sum, value, i) => sum + value * weight[k * vector.length + i], bias[k]);
      assert.ok(Math.abs(product - logit) < 1e-4);
    }
  }
  await classifier.dispose();
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('many images: in order, each array its own, broken ones with their error; batches and streams change nothing', async () => {
  const file = await write('small', CIFAR);
  const broken = join(folder, 'broken.png');
  writeFileSync(broken, 'no image');
  const images = [1, 2, 3, 4, 5].map((phase) => picture(32, phase));
  const sources = [images[0], broken, ...images.slice(1)];
  const one = await loadClassifier(file, { threads: 1 });
  const many = await loadClassifier(file, { threads: 2, streams: 2 });
  const expected = await one.embed(images);
  assert.is(new Set(expected.map(({ buffer }) => buffer)).size, 5);
  const check = async (classifier: Classifier, batch: number) => {
    const results = await collect(classifier.embedAll(sources, { batch }));
    assert.equal(
      results.map(({ index, item }) => [index, item]),
      sources.map((source, i) => [i, source]),
    );
    assert.is(results[1].error?.code, 'BAD_IMAGE');
    assert.is(results[1].file, broken);
    const embeddings = results.flatMap(({ embedding }) => (embedding ? [embedding] : []));
    for (const [i, embedding] of embeddings.entries()) {
      assert.is(embedding.buffer.byteLength, embedding.byteLength);
      for (const [k, value] of embedding.entries()) assert.ok(Math.abs(value - expected[i][k]) < 1e-5);
    }
  };
  await check(one, 1);
  await check(many, 3);
  const maps = await many.features(images.slice(0, 2));
  assert.equal(
    maps.map((list) => list.map(({ name }) => name)),
    [
      ['layer1', 'layer2', 'layer3'],
      ['layer1', 'layer2', 'layer3'],
    ],
  );
  assert.not.equal(maps[0][0].data, maps[1][0].data);
  await Promise.all([one.dispose(), many.dispose()]);
});

test('feature maps are of the weights that were loaded, whatever has their name by then', async () => {
  const file = await write('moved', CIFAR);
  for (const load of [loadClassifier, loadModel]) {
    const [first, second] = [await load(file, { threads: 1 }), await load(file, { threads: 1 })] as Classifier[];
    const expected = await first.features(picture(32));
    const other = await write('other', { ...CIFAR, shortcut: 'B' });
    renameSync(other, file);
    assert.equal(await second.features(picture(32)), expected);
    await Promise.all([first.dispose(), second.dispose()]);
    await write('moved', CIFAR);
  }
});

test('after dispose there are no features', async () => {
  const classifier = await loadClassifier(await write('small', CIFAR), { threads: 1 });
  await classifier.features(picture(32));
  await classifier.dispose();
  for (const use of [() => classifier.features(picture(32)), () => classifier.embed(picture(32))]) {
    const code = await use().then(
      () => 'none',
      (error: ResnetCocoError) => error.code,
    );
    assert.is(code, 'DISPOSED');
  }
});

test.run();
