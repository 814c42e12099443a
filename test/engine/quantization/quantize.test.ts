import * as tf from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Calibration,
  createEngine,
  exportedGraph,
  NoiseMeasurement,
  type ProgramSpec,
  quantizableLayers,
} from '../../../engine/index.ts';
import { conv2d, maxPool, type Tensors } from '../../../engine/ops/index.ts';
import { rejects } from '../../rejects.ts';
import { wave } from '../../waves.ts';

const weight = (shape: readonly number[], phase: number) => ({
  shape,
  data: Float32Array.from(
    wave(
      shape.reduce((size, dim) => size * dim, 1),
      phase,
    ),
  ),
});

/** A stem, a residual block whose second layer occurs twice, and a linear layer. */
const spec: ProgramSpec = {
  name: 'small',
  part: 'body',
  weights: {
    'stem.weight': weight([16, 3, 3, 3], 1),
    'conv.weight': weight([16, 16, 3, 3], 2),
    'conv.bias': weight([16], 3),
    'fc.weight': weight([5, 16], 4),
    'fc.bias': weight([5], 5),
  },
  inputs: { image: { shape: ['N', 'H', 'W', 3] } },
  model: (weights: Tensors, { image }: Tensors) => {
    const filter = (name: string) => weights[name] as tf.Tensor4D;
    const x = maxPool(tf.relu(conv2d(image as tf.Tensor4D, filter('stem.weight'), 2)), 3, 2, 1);
    const conv = (map: tf.Tensor4D) => tf.add(conv2d(map, filter('conv.weight')), weights['conv.bias']) as tf.Tensor4D;
    const y = tf.relu(tf.add(conv(tf.relu(conv(x))), x));
    const pooled = tf.mean(y, [1, 2]) as tf.Tensor2D;
    const logits = tf.add(tf.matMul(pooled, weights['fc.weight'] as tf.Tensor2D, false, true), weights['fc.bias']);
    return { logits, map: y };
  },
};

const image = (side: number) => ({ shape: [1, side, side, 3], data: Float32Array.from(wave(side * side * 3, 9)) });
const engine = await createEngine('onnx', { threads: 1 });

async function run(given: ProgramSpec, on: Pick<typeof engine, 'compile'> = engine, side = 32) {
  const program = await on.compile(given);
  const { logits, map } = await program.run({ image: image(side) });
  const results = { logits: (await logits.data()) as Float32Array, map: (await map.data()) as Float32Array };
  await program.dispose();
  return results;
}

/** The energy of the second's difference, as a share. */
function noise(signal: Float32Array, other: Float32Array): number {
  let [energy, difference] = [0, 0];
  for (const [i, value] of signal.entries()) {
    energy += value ** 2;
    difference += (value - other[i]) ** 2;
  }
  return difference / energy;
}

const calibration = new Calibration(engine);
const plain = await run(spec);
const watched = await run(spec, calibration.engine);
const ranges = calibration.ranges('minmax');
const quantized: ProgramSpec = { ...spec, quantization: { activations: ranges.body, floatLayers: [] } };

test('a program that is watched computes what it always does', () => {
  assert.ok(noise(plain.logits, watched.logits) < 1e-10);
  assert.equal(Object.keys(ranges), ['body']);
  const names = Object.keys(ranges.body);
  for (const name of ['conv#2', '+transpose', 'conv+relu#2']) assert.ok(names.includes(name), `${name}: ${names}`);
  assert.ok(ranges.body['conv#2'][0] < 0 && ranges.body['conv+relu#2'][0] === 0);
});

test('layers are named by their parameters, each once', () => {
  assert.equal(
    quantizableLayers([spec, spec]).map(({ name, parameter }) => `${name} ${parameter}`),
    ['stem stem.weight', 'conv conv.weight', 'fc fc.weight'],
  );
});

test('eight bits compute nearly the same, for every size', async () => {
  for (const side of [32, 64]) {
    const [float, int8] = [await run(spec, engine, side), await run(quantized, engine, side)];
    assert.ok(float.logits.some((value, i) => value !== int8.logits[i]));
    assert.ok(noise(float.map, int8.map) < 0.02, `${noise(float.map, int8.map)}`);
    assert.ok(noise(float.logits, int8.logits) < 0.05, `${noise(float.logits, int8.logits)}`);
  }
});

test('weights are bytes, activations between layers too, and ReLUs are the ends of their ranges', () => {
  const { constants, nodes } = exportedGraph(quantized);
  const weights = [...constants.values()].filter(({ shape }) => shape.length === 4 || `${shape}` === '5,16');
  assert.equal(
    weights.map(({ dtype }) => dtype),
    ['int8', 'int8', 'int8', 'int8'],
  );
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node.op] as const)));
  for (const { inputs, op } of nodes) {
    if (op !== 'Conv' && op !== 'Gemm' && op !== 'Add') continue;
    assert.equal(
      inputs.map((input) => makers.get(input)),
      inputs.map(() => 'DequantizeLinear'),
      op,
    );
  }
  assert.is(
    nodes.some(({ op }) => op === 'Relu'),
    false,
  );
});

test('maps that a layer reads together are joined as bytes', async () => {
  const joined: ProgramSpec = {
    ...spec,
    model: (weights: Tensors, { image: x }: Tensors) => {
      const both = tf.concat([tf.relu(x), tf.neg(x)], 0) as tf.Tensor4D;
      const map = conv2d(both, weights['stem.weight'] as tf.Tensor4D);
      return { map, logits: tf.mean(map, [1, 2]) };
    },
  };
  const watcher = new Calibration(engine);
  const float = await run(joined, watcher.engine);
  const own = { ...joined, quantization: { activations: watcher.ranges('minmax').body, floatLayers: [] } };
  const { nodes } = exportedGraph(own);
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node.op] as const)));
  const concat = nodes.find(({ op }) => op === 'Concat')!;
  assert.equal(
    concat.inputs.map((input) => makers.get(input)),
    ['DequantizeLinear', 'DequantizeLinear'],
  );
  const int8 = await run(own);
  assert.ok(noise(float.map, int8.map) < 0.01, `${noise(float.map, int8.map)}`);
});

test('a layer that stays in single precision has its weights and its input as floats', () => {
  const { nodes, constants } = exportedGraph({
    ...spec,
    quantization: { ...quantized.quantization!, floatLayers: ['conv'] },
  });
  const convs = nodes.filter(({ op }) => op === 'Conv');
  assert.equal(
    convs.map(({ inputs }) => constants.get(inputs[1])?.dtype),
    [undefined, 'float32', 'float32'],
  );
});

test('the noise of each layer by itself is small, and of a range that is too small it is large', async () => {
  const measured = new NoiseMeasurement(engine, ranges);
  await run(spec, measured.engine);
  const layers = measured.worstFirst();
  assert.equal(layers.map(({ layer }) => layer).sort(), ['conv', 'fc', 'stem']);
  for (const { layer, noise: share } of layers) assert.ok(share > 0 && share < 0.01, `${layer} ${share}`);
  const cut = { ...ranges.body, 'stem+relu': [0, ranges.body['stem+relu'][1] / 10] as const };
  const worse = new NoiseMeasurement(engine, { body: cut });
  await run(spec, worse.engine);
  const [worst] = worse.worstFirst();
  assert.is(worst.layer, 'stem');
  assert.ok(worst.noise > 0.1);
});

test('a range that is missing is named', async () => {
  const { 'conv#2': _, ...others } = ranges.body;
  const lacking = { ...spec, quantization: { activations: others, floatLayers: [] } };
  await rejects(engine.compile(lacking), 'BAD_CONFIG', /activations: conv#2 is missing; quantize the model again/);
});

test('half precision of eight bits is refused', async () => {
  await rejects((async () => exportedGraph(quantized, 'float16'))(), 'USAGE', /quantized to eight bits/);
});

test.run();
