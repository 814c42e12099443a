import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createEagerEngine } from '../../engine/eager/eager-engine.ts';
import { type HostTensor, type ProgramSpec, sizeOf } from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { conv2d, maxPool, type Tensors } from '../../engine/ops/index.ts';
import type { ResnetCocoError } from '../../errors.ts';

tf.enableProdMode();
type ModelFunction = (parameters: Tensors, inputs: Tensors) => Tensors;

const compiled = createOnnxEngine('onnx', 'cpu', { threads: 1 });
/** tfjs's own plain JavaScript kernels: what every traced graph must agree with. */
const reference = createEagerEngine('wasm', 'cpu', 'tfjs cpu');

let seed = 1;
function random(shape: readonly number[]): HostTensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed / 2 ** 31 - 1;
  });
  return { shape, data };
}

const weights = {
  filter: random([5, 3, 3, 3]),
  big: random([3, 3, 7, 7]),
  vector: random([3]),
  matrix: random([4, 3]),
  positive: { shape: [3], data: Float32Array.of(0.5, 1, 2) },
};
const spec = (name: string, model: ModelFunction, dynamic = true): ProgramSpec => ({
  name,
  model,
  weights,
  inputs: { x: { shape: dynamic ? ['N', 'H', 'W', 3] : [2, 6, 8, 3] } },
});

/** Runs one session of the compiled engine at several sizes and compares each with tfjs. */
async function agrees(name: string, model: ModelFunction, dynamic = true): Promise<void> {
  const programs = [
    await compiled.compile(spec(name, model, dynamic)),
    await reference.compile(spec(name, model, dynamic)),
  ];
  const sizes = dynamic ? [[2, 6, 8, 3], [1, 9, 7, 3], [3, 16, 5, 3]] : [[2, 6, 8, 3]]; // biome-ignore format: sizes
  for (const shape of sizes) {
    const x = random(shape);
    const [ours, theirs] = await Promise.all(programs.map((program) => program.run({ x })));
    for (const key of Object.keys(theirs)) {
      assert.equal([...ours[key].shape], [...theirs[key].shape], `${name}.${key}: shape at [${shape}]`);
      const [a, b] = [await ours[key].data(), await theirs[key].data()];
      b.forEach((value, i) => {
        if (!(Math.abs(a[i] - value) <= 1e-5 * Math.max(1, Math.abs(value)))) {
          assert.unreachable(`${name}.${key}[${i}] at [${shape}]: ${a[i]}, not ${value}`);
        }
      });
    }
  }
  for (const program of programs) await program.dispose();
}

const image = (tensor: tf.Tensor) => tensor as tf.Tensor4D;
const filter = (tensor: tf.Tensor) => tensor as tf.Tensor4D;

test('convolution, strided and padded', () =>
  agrees('conv', (p, { x }) => ({
    same: conv2d(image(x), filter(p.filter)),
    strided: conv2d(image(x), filter(p.filter), 2),
    large: conv2d(image(x), filter(p.big), 2),
    valid: tf.conv2d(image(x), filter(p.filter), 1, 'valid'),
    dilated: tf.conv2d(image(x), filter(p.filter), 1, 'same', 'NHWC', 2),
    explicit: tf.conv2d(image(x), filter(p.filter), 2, [[0, 0], [1, 2], [0, 1], [0, 0]]), // biome-ignore format: pads
  })));

test('pooling; padding never wins a maximum', () =>
  agrees('pool', (_, { x }) => ({
    max: maxPool(image(tf.sub(x, 5)), 3, 2, 1),
    padded: tf.maxPool(image(tf.pad(tf.sub(x, 5), [[0, 0], [1, 1], [1, 1], [0, 0]])), 3, 2, 'valid'), // biome-ignore format: pads
    subsample: tf.avgPool(image(x), 1, 2, 'valid'),
    average: tf.avgPool(image(x), 3, 1, 'same'),
  })));

test('normalization and activation between convolutions', () =>
  agrees('block', (p, { x }) => {
    const y = tf.batchNorm(
      conv2d(image(x), filter(p.big)),
      p.vector as tf.Tensor1D,
      p.positive as tf.Tensor1D,
      p.vector as tf.Tensor1D,
      p.positive as tf.Tensor1D,
      1e-5,
    );
    const z = tf.relu(tf.add(tf.relu(y), x));
    return { z, biased: tf.add(z, p.vector), scaled: tf.mul(p.vector, z), mixed: tf.concat([z, image(x)], 3) };
  }));

test('elementwise operations', () =>
  agrees('elementwise', (p, { x }) => {
    const positive = tf.add(tf.abs(x), 0.5);
    return {
      a: tf.exp(tf.neg(x)),
      b: tf.log(positive),
      c: tf.sqrt(positive),
      d: tf.rsqrt(positive),
      e: tf.square(x),
      f: tf.sigmoid(x),
      g: tf.tanh(x),
      h: tf.maximum(x, p.vector),
      i: tf.minimum(x, 0.25),
      j: tf.div(x, positive),
      k: tf.squaredDifference(x, p.vector),
      l: tf.clipByValue(x, -0.5, 0.5),
      m: tf.where(tf.greater(x, 0), x, tf.zerosLike(x)),
      n: tf.step(x),
      o: tf.pow(positive, 1.5),
      p: tf.addN([x, x, positive]),
      q: tf.cast(tf.lessEqual(x, p.vector), 'float32'),
      r: tf.onesLike(x),
      s: tf.relu6(tf.mul(x, 10)),
      t: tf.leakyRelu(x, 0.1),
    };
  }));

test('reductions over any axes, in any order of axes', () =>
  agrees('reduce', (p, { x }) => {
    const y = conv2d(image(x), filter(p.filter));
    return {
      pooled: tf.mean(y, [1, 2]),
      kept: tf.sum(y, [1, 3], true),
      channels: tf.max(y, 3),
      images: tf.sum(y, 0),
      least: tf.min(y, [2]),
      all: tf.sum(y),
    };
  }));

test('softmax and products', () =>
  agrees('matrix', (p, { x }) => {
    const rows = tf.reshape(x, [-1, 3]) as tf.Tensor2D;
    const logits = tf.matMul(rows, p.matrix as tf.Tensor2D, false, true);
    return { logits, soft: tf.softmax(logits), log: tf.logSoftmax(logits), gram: tf.matMul(rows, rows, true) };
  }));

test('transposes, slices and reshapes', () =>
  agrees('layout', (p, { x }) => {
    const y = conv2d(image(x), filter(p.filter));
    const [n, h, w, c] = y.shape;
    return {
      nchw: tf.transpose(y, [0, 3, 1, 2]),
      twice: tf.transpose(tf.transpose(y, [0, 3, 1, 2]), [2, 1, 0, 3]),
      flat: tf.reshape(y, [n, -1, c]),
      rows: tf.reshape(y, [n * h * w, c]),
      split: tf.reshape(y, [n, h, w, 1, c]),
      grown: tf.expandDims(y, 1),
      slice: tf.slice(y, [0, 1, 2, 1], [-1, 3, -1, 2]),
      padded: tf.pad(y, [[0, 0], [1, 2], [0, 3], [1, 0]], 7), // biome-ignore format: pads
      tiled: tf.tile(tf.slice(y, [0, 0, 0, 0], [-1, 1, 1, -1]), [1, 2, 3, 1]),
      filled: tf.add(tf.fill([n, h, w, c], 3), y),
    };
  }));

test('nearest upsampling to the size of another map', () =>
  agrees('upsample', (p, { x }) => {
    const coarse = conv2d(image(x), filter(p.big), 2);
    return { sum: tf.add(x, tf.image.resizeNearestNeighbor(coarse, [x.shape[1]!, x.shape[2]!])) };
  }));

test('an input that is an output, and constants', () =>
  agrees('constants', (_, { x }) => ({ same: x, plus: tf.add(x, tf.tensor1d([1, 2, 3])), lone: tf.scalar(4) }), false));

async function failsWith(code: string, pattern: RegExp, model: ModelFunction): Promise<void> {
  try {
    await compiled.compile(spec('a model', model));
  } catch (error) {
    assert.is((error as ResnetCocoError).code, code);
    assert.match((error as Error).message, pattern);
    return;
  }
  assert.unreachable('it compiled');
}

test('an unknown kernel is named', () =>
  failsWith('UNSUPPORTED_OP', /'Cumsum'/, (_, { x }) => ({ y: tf.cumsum(x, 1) })));

test('reading a value is refused', () =>
  failsWith('UNSUPPORTED_OP', /reads the values/, (_, { x }) => ({ y: tf.scalar(x.dataSync()[0]) })));

test('a size baked into a constant is refused', () =>
  failsWith('UNSUPPORTED_OP', /constant used by Mul/, (_, { x }) => ({ y: tf.mul(x, x.shape[1]!) })));

test('a size baked into an attribute is refused', () =>
  failsWith('UNSUPPORTED_OP', /depends on the sizes/, (_, { x }) => ({ y: tf.pad(x, [[0, 0], [x.shape[1]!, 0], [0, 0], [0, 0]]) }))); // biome-ignore format: pads

test('tracing leaves no tensor and no backend behind', async () => {
  void tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const program = await compiled.compile(
    spec('leak', (p, { x }) => ({ y: tf.relu(conv2d(image(x), filter(p.filter))) })),
  );
  await program.dispose();
  assert.is(tf.memory().numTensors, before);
  assert.is(tf.getBackend(), 'cpu');
  await program.run({ x: random([1, 8, 8, 3]) }).then(
    () => assert.unreachable('it ran'),
    (error: ResnetCocoError) => assert.is(error.code, 'DISPOSED'),
  );
});

test.run();
