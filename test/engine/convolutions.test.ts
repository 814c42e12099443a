import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEngine, type Engine, type HostTensor, type PartSpec, sizeOf } from '../../engine/index.ts';
import { conv2d, type Tensors } from '../../engine/ops/index.ts';
import { rejects } from '../rejects.ts';
import { fixturesDir } from '../shared-data.ts';
import { hasSwiftshader, SWIFTSHADER } from '../swiftshader.ts';
import { compiled, eager } from './two-parts.ts';

interface Case {
  readonly stride: number;
  readonly dilation: number;
  readonly groups: number;
  readonly shapes: Readonly<Record<'x' | 'filter' | 'dy', number[]>>;
  /** Whole numbers, of which an eighth is meant. */
  readonly inputs: Readonly<Record<'x' | 'filter' | 'dy', string>>;
  readonly results: Readonly<Record<'y' | 'x' | 'filter', string>>;
}
const cases: readonly Case[] = JSON.parse(readFileSync(join(fixturesDir, 'convolutions.json'), 'utf8'));

const hasGpu = process.env.VK_ICD_FILENAMES !== undefined || hasSwiftshader;
process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;

const test = suite('dilated and grouped convolutions');
const map = (tensor: tf.Tensor) => tensor as tf.Tensor4D;

/** torch's NCHW as NHWC. */
function channelsLast({ data, shape: [n, c, h, w] }: HostTensor): HostTensor {
  const turned = new Float32Array(data.length);
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < c; channel++) {
      for (let pixel = 0; pixel < h * w; pixel++) {
        turned[(image * h * w + pixel) * c + channel] = data[(image * c + channel) * h * w + pixel];
      }
    }
  }
  return { shape: [n, h, w, c], data: turned };
}

const inputOf = ({ inputs, shapes }: Case, name: 'x' | 'filter' | 'dy'): HostTensor => ({
  shape: shapes[name],
  data: Float32Array.from(new Int8Array(Buffer.from(inputs[name], 'base64')), (value) => value / 8),
});

function resultOf({ results, shapes }: Case, name: 'y' | 'x' | 'filter'): HostTensor {
  const bytes = Uint8Array.from(Buffer.from(results[name], 'base64'));
  return { shape: shapes[name === 'y' ? 'dy' : name], data: new Float32Array(bytes.buffer) };
}

/** All are sums of multiples of 1/64 that single precision holds. */
function assertEqual(actual: Float32Array, expected: Float32Array, what: string): void {
  assert.is(actual.length, expected.length, what);
  for (const [i, value] of expected.entries()) {
    if (Math.abs(actual[i] - value) > 1e-4) assert.unreachable(`${what} ${i} is ${actual[i]}, not ${value}`);
  }
}

async function compare(engine: Engine, compared = cases): Promise<void> {
  for (const one of compared) {
    const [x, dy] = [channelsLast(inputOf(one, 'x')), channelsLast(inputOf(one, 'dy'))];
    const part: PartSpec = {
      model: (p: Tensors, inputs: Tensors) => ({
        outputs: { y: conv2d(map(inputs.x), map(p.filter), one.stride, one.dilation, one.groups) },
      }),
      inputs: { x: { shape: x.shape } },
      inputGradients: ['x'],
    };
    const weights = { filter: inputOf(one, 'filter') };
    const spec = { name: 'a convolution', weights, trainable: ['filter'], parts: { part } };
    const program = await engine.trainParts(spec, { optimizer: { kind: 'sgd' } });
    const pass = await program.parts.part.forward({ x });
    const what = `filter ${one.shapes.filter}, stride ${one.stride}, dilation ${one.dilation}, groups ${one.groups}:`;
    const data = (await pass.outputs.y.data()) as Float32Array;
    assertEqual(data, channelsLast(resultOf(one, 'y')).data as Float32Array, `${what} y`);
    const back = await pass.backward({ y: dy });
    const ofInput = (await back.inputGradients.x.data()) as Float32Array;
    assertEqual(ofInput, channelsLast(resultOf(one, 'x')).data as Float32Array, `${what} gradient by x`);
    const { filter } = await back.weightGradients();
    assertEqual(filter as Float32Array, resultOf(one, 'filter').data as Float32Array, `${what} gradient by the filter`);
    for (const held of [pass, back]) held.dispose();
    await program.dispose();
  }
}

test('compiled: results and gradients are torch’s', () => compare(compiled));
test('tfjs in plain JavaScript: results and gradients are torch’s', () => compare(eager));
test('tfjs in WebAssembly: results and gradients are torch’s', async () => compare(await createEngine('wasm')));

(hasGpu ? test : test.skip)('webgpu: results and gradients are torch’s', async () =>
  // A GPU's shaders are long in the making where the CPU stands for it.
  compare(await createEngine('webgpu'), [cases[0], cases[2], cases[11], cases[12]]),
);

test('the compiled gradient of a convolution whose sides differ is refused, not worked out wrongly', async () => {
  const draw = (...shape: number[]): HostTensor => ({ shape, data: new Float32Array(sizeOf(shape)).fill(1) });
  const x = draw(1, 8, 8, 2);
  const gradient = async (filter: HostTensor, strides: [number, number], dilations: [number, number]) => {
    const part: PartSpec = {
      model: (p: Tensors, inputs: Tensors) => ({
        outputs: { y: tf.conv2d(map(inputs.x), map(p.filter), strides, 'valid', 'NHWC', dilations) },
      }),
      inputs: { x: { shape: x.shape } },
    };
    const spec = { name: 'a convolution', weights: { filter }, trainable: ['filter'], parts: { part } };
    const program = await compiled.trainParts(spec, { optimizer: { kind: 'sgd' } });
    await program.parts.part.forward({ x });
  };
  await rejects(gradient(draw(3, 2, 3, 1), [1, 1], [1, 1]), 'UNSUPPORTED_OP', /by a filter of 3 × 1/);
  await rejects(gradient(draw(3, 2, 3, 3), [1, 2], [1, 1]), 'UNSUPPORTED_OP', /by a stride of 1 × 2/);
  await rejects(gradient(draw(3, 2, 3, 3), [1, 1], [2, 1]), 'UNSUPPORTED_OP', /by a dilation of 2 × 1/);
});

test.run();
