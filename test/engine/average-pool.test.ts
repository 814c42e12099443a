import '@tensorflow/tfjs-backend-cpu';
import type * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEngine, type Engine, exportOnnx, type PartSpec, type ProgramSpec } from '../../engine/index.ts';
import { averagePool, type Tensors } from '../../engine/ops/index.ts';
import { wave } from '../waves.ts';
import { compiled, eager } from './two-parts.ts';

const test = suite('average pooling');
const map = (tensor: tf.Tensor) => tensor as tf.Tensor4D;

/** One image of two channels. */
const [N, C] = [2, 2];

/** By definition: windows of 2×2 pixels, of which only those on the map count. */
function byDefinition(height: number, width: number, stride: number, x: Float64Array, dy: (at: number) => number) {
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const y = new Float64Array(N * rows * columns * C);
  const dx = new Float64Array(x.length);
  for (let at = 0; at < y.length; at++) {
    const [channel, column] = [at % C, Math.floor(at / C) % columns];
    const [row, image] = [Math.floor(at / C / columns) % rows, Math.floor(at / C / columns / rows)];
    const pixels: number[] = [];
    for (const i of [row * stride, row * stride + 1]) {
      for (const j of [column * stride, column * stride + 1]) {
        if (i < height && j < width) pixels.push(((image * height + i) * width + j) * C + channel);
      }
    }
    for (const pixel of pixels) {
      y[at] += x[pixel] / pixels.length;
      dx[pixel] += dy(at) / pixels.length;
    }
  }
  return { y, dx, shape: [N, rows, columns, C] };
}

function assertClose(actual: ArrayLike<number>, expected: Float64Array, what: string): void {
  assert.is(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) < 1e-6, `${what} ${i} is ${actual[i]}, not ${value}`);
  });
}

async function compare(engine: Engine): Promise<void> {
  for (const [height, width, stride] of [
    [6, 8, 2],
    [7, 8, 2],
    [6, 5, 2],
    [7, 5, 2],
    [6, 6, 1],
    [5, 7, 1],
    [1, 1, 2],
  ]) {
    const x = wave(N * height * width * C, 1);
    const dyAt = (at: number) => Math.cos(at);
    const { dx, shape, y } = byDefinition(height, width, stride, x, dyAt);
    const part: PartSpec = {
      model: (_: Tensors, inputs: Tensors) => ({ outputs: { y: averagePool(map(inputs.x), 2, stride) } }),
      inputs: { x: { shape: [N, height, width, C] } },
      inputGradients: ['x'],
    };
    const spec = { name: 'an average', weights: {}, trainable: [], parts: { part } };
    const program = await engine.trainParts(spec, { optimizer: { kind: 'sgd' } });
    const pass = await program.parts.part.forward({ x: { shape: [N, height, width, C], data: Float32Array.from(x) } });
    const what = `${height} × ${width}, stride ${stride}:`;
    assert.equal([...pass.outputs.y.shape], shape, what);
    assertClose(await pass.outputs.y.data(), y, `${what} y`);
    const back = await pass.backward({ y: { shape, data: Float32Array.from(y, (_, at) => dyAt(at)) } });
    assertClose(await back.inputGradients.x.data(), dx, `${what} gradient`);
    for (const held of [pass, back]) held.dispose();
    await program.dispose();
  }
}

test('compiled: the last windows count the pixels that they have, and so do gradients', () => compare(compiled));
test('the same in plain JavaScript', () => compare(eager));
test('the same in WebAssembly', async () => compare(await createEngine('wasm')));

test('one graph serves maps of even and of odd sides', async () => {
  const spec: ProgramSpec = {
    name: 'an average',
    weights: {},
    inputs: { x: { shape: [N, 'H', 'W', C] } },
    model: (_: Tensors, { x }: Tensors) => ({ y: averagePool(map(x), 2, 2) }),
  };
  const program = await compiled.compile(spec);
  for (const [height, width] of [
    [6, 8],
    [7, 9],
    [9, 6],
  ]) {
    const x = wave(N * height * width * C, 2);
    const { shape, y } = byDefinition(height, width, 2, x, () => 0);
    const outputs = await program.run({ x: { shape: [N, height, width, C], data: Float32Array.from(x) } });
    assert.equal([...outputs.y.shape], shape);
    assertClose(await outputs.y.data(), y, `${height} × ${width}:`);
    outputs.y.dispose();
  }
  await program.dispose();
  assert.ok(exportOnnx(spec).length > 0);
});

test.run();
