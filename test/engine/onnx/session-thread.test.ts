import { type Tensor4D, mul as times } from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostTensor, PartsSpec, TrainingOptions } from '../../../engine/index.ts';
import { createOnnxEngine } from '../../../engine/onnx/onnx-engine.ts';
import { SessionThread } from '../../../engine/onnx/session-thread.ts';
import { handedOver } from '../../../engine/onnx/session-worker.ts';
import { roiAlign } from '../../../engine/ops/index.ts';
import { ResnetCocoError } from '../../../errors.ts';

const test = suite('the thread of ONNX Runtime');

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.unreachable('nothing was thrown'),
    (error: unknown) => error,
  );

const weight: HostTensor = { shape: [2], data: Float32Array.of(1, 2) };
const train = (thread: SessionThread, training: TrainingOptions) =>
  thread.ask('train', { program: 1, parts: {}, options: {}, weights: { w: weight }, training });

test('an error keeps its code and message, and others are errors with the message alone', async () => {
  const thread = new SessionThread();
  try {
    const coded = await thrownBy(train(thread, { optimizer: { kind: 'sgd', momentum: 7 } }));
    assert.instance(coded, ResnetCocoError);
    assert.is((coded as ResnetCocoError).code, 'BAD_CONFIG');
    assert.match((coded as ResnetCocoError).message, /^training: momentum must be from 0 to below 1, not 7$/);

    const plain = await thrownBy(thread.ask('create', { program: 2, file: Uint8Array.of(1, 2, 3), options: {} }));
    assert.instance(plain, Error);
    assert.not.instance(plain, ResnetCocoError);
  } finally {
    await thread.stop();
  }
});

test('what cannot be copied is refused, and no request waits for it', async () => {
  const thread = new SessionThread();
  try {
    const error = await thrownBy(
      thread.ask('create', { program: 1, file: new Uint8Array(1), options: { f: () => 1 } }),
    );
    assert.match((error as Error).message, /could not be cloned/);
    assert.is(thread.load, 0);
    await train(thread, { optimizer: { kind: 'sgd' } });
  } finally {
    await thread.stop();
  }
});

test('a thread that has ended says so instead of leaving requests unanswered', async () => {
  const thread = new SessionThread();
  const waiting = thrownBy(thread.ask('create', { program: 1, file: new Uint8Array(1), options: {} }));
  await thread.stop();
  assert.instance(await waiting, Error);
  assert.match(((await thrownBy(thread.ask('dispose', { program: 1 }))) as Error).message, /ended with code/);
});

test('a snapshot changes hands whole, and gradients, which a step still needs, do not', async () => {
  const snapshot = {
    weights: { w: Float32Array.of(1, 2) },
    average: { w: Float32Array.of(3, 4) },
    optimizer: { 'momentum_buffer/w': Float32Array.of(5) },
  };
  const arrays = [snapshot.weights.w, snapshot.average.w, snapshot.optimizer['momentum_buffer/w']];
  assert.equal(
    handedOver('snapshot', snapshot),
    arrays.map(({ buffer }) => buffer),
  );
  assert.equal(handedOver('weightGradients', snapshot.weights), []);

  const thread = new SessionThread();
  try {
    await train(thread, { optimizer: { kind: 'sgd', momentum: 0.9 }, averageDecay: 0.5 });
    // The thread still has the weights after it has given copies away.
    for (let i = 0; i < 2; i++) {
      const { average, weights } = await thread.ask('snapshot', { program: 1 });
      assert.equal(weights.w, Float32Array.of(1, 2));
      assert.is(weights.w.buffer.byteLength, 8);
      if (average) assert.equal(average.w, Float32Array.of(1, 2));
    }
    assert.equal(weight.data, Float32Array.of(1, 2));
  } finally {
    await thread.stop();
  }
});

test('what a model asks for in vain keeps its code, too', async () => {
  const part: PartsSpec = {
    name: 'a model',
    weights: { 'c.weight': { shape: [1], data: Float32Array.of(2) } },
    trainable: ['c.weight'],
    parts: {
      align: {
        // The map depends on a weight, so its gradient goes on where the graph must end.
        model: (p, { map, regions }) => ({
          outputs: {
            y: roiAlign(times(map as Tensor4D, p['c.weight'] as Tensor4D), regions as never, {
              outputSize: 2,
              spatialScale: 1,
              samplingRatio: 2,
              aligned: false,
            }),
          },
        }),
        inputs: { map: { shape: [1, 32, 32, 1] }, regions: { shape: [3, 5] } },
      },
    },
  };
  const error = await thrownBy(createOnnxEngine('onnx', 'cpu').trainParts(part, { optimizer: { kind: 'sgd' } }));
  assert.is((error as ResnetCocoError).code, 'UNSUPPORTED_OP');
});

test.run();
