/** Gradients that the host writes into memory of earlier ones: none that is still in use is written over. */
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HostTensor, type NamedArrays, type PartsSpec, sizeOf } from '../../engine/index.ts';
import { createOnnxEngine } from '../../engine/onnx/onnx-engine.ts';
import { conv2d, roiAlign } from '../../engine/ops/index.ts';
import { Random } from '../../io/random.ts';

const test = suite('memory of gradients, used again');
const random = new Random(21);
const draw = (shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

const spec: PartsSpec<'body' | 'head' | 'tail'> = {
  name: 'body, head and tail',
  weights: { 'body.weight': draw([4, 3, 3, 3]), 'tail.weight': draw([2, 4, 3, 3]) },
  trainable: ['body.weight', 'tail.weight'],
  parts: {
    body: {
      model: (p, { image }) => ({ outputs: { map: conv2d(image as tf.Tensor4D, p['body.weight'] as tf.Tensor4D) } }),
      inputs: { image: { shape: ['N', 'H', 'W', 3] } },
      kept: ['map'],
    },
    head: {
      model: (_, { map, regions }) => {
        const pooled = roiAlign(map as tf.Tensor4D, regions as tf.Tensor2D, {
          outputSize: 3,
          spatialScale: 1,
          samplingRatio: 2,
          aligned: false,
        });
        return { outputs: { loss: tf.sum(tf.square(pooled)) as tf.Scalar } };
      },
      inputs: { map: { shape: ['N', 'H', 'W', 4], kept: true }, regions: { shape: ['R', 5] } },
      inputGradients: ['map'],
      loss: 'loss',
    },
    // The gradient by its weights needs the map again.
    tail: {
      model: (p, { map }) => ({ outputs: { scores: conv2d(map as tf.Tensor4D, p['tail.weight'] as tf.Tensor4D) } }),
      inputs: { map: { shape: ['N', 'H', 'W', 4], kept: true } },
    },
  },
};

interface Batch {
  readonly image: HostTensor;
  readonly regions: HostTensor;
}
const batches: readonly Batch[] = [
  [9, 12],
  [20, 16],
  [6, 7],
  [20, 16],
].map(([height, width]) => ({
  image: draw([2, height, width, 3]),
  regions: {
    shape: [6, 5],
    data: Float32Array.from(
      Array.from({ length: 6 }, (_, i) => {
        const [x, y] = [random.uniform(0, width / 2), random.uniform(0, height / 2)];
        return [i % 2, x, y, x + random.uniform(1, width / 2), y + random.uniform(1, height / 2)];
      }).flat(),
    ),
  },
}));

const create = () => createOnnxEngine('onnx', 'cpu', { threads: 2 }).trainParts(spec, { optimizer: { kind: 'sgd' } });
type Program = Awaited<ReturnType<typeof create>>;

/** Forward through both and back through the head. */
async function throughHead(program: Program, { image, regions }: Batch) {
  const body = await program.parts.body.forward({ image });
  const head = await program.parts.head.forward({ map: body.outputs.map, regions });
  const ofHead = await head.backward();
  head.dispose();
  return { body, ofHead };
}

async function throughBody({ body, ofHead }: Awaited<ReturnType<typeof throughHead>>): Promise<NamedArrays> {
  const ofBody = await body.backward({ map: ofHead.inputGradients.map });
  const gradients = await ofBody.weightGradients();
  for (const pass of [body, ofHead, ofBody]) pass.dispose();
  return gradients;
}

test('pictures of other sizes, one after the other and several at once: as each in a program of its own', async () => {
  const alone: NamedArrays[] = [];
  for (const batch of batches) {
    const program = await create();
    alone.push(await throughBody(await throughHead(program, batch)));
    await program.dispose();
  }
  const program = await create();
  for (const batch of batches) {
    assert.equal(await throughBody(await throughHead(program, batch)), alone[batches.indexOf(batch)]);
  }
  // All heads first: each gradient waits while the next is written.
  const waiting: Awaited<ReturnType<typeof throughHead>>[] = [];
  for (const batch of batches) waiting.push(await throughHead(program, batch));
  for (const [i, passes] of waiting.entries()) assert.equal(await throughBody(passes), alone[i]);
  await program.dispose();
});

/** The gradient by a tail whose map is the head's gradient; in between its owner lets go, and others may be written. */
async function tailOfGradient(others: readonly Batch[]): Promise<NamedArrays> {
  const program = await create();
  const { body, ofHead } = await throughHead(program, batches[1]);
  const tail = await program.parts.tail.forward({ map: ofHead.inputGradients.map });
  for (const pass of [body, ofHead]) pass.dispose();
  for (const other of others) await throughBody(await throughHead(program, other));
  const { shape } = tail.outputs.scores;
  const ofTail = await tail.backward({ scores: { shape, data: new Float32Array(sizeOf(shape)).fill(1) } });
  const gradients = await ofTail.weightGradients();
  for (const pass of [tail, ofTail]) pass.dispose();
  await program.dispose();
  return gradients;
}

test('a gradient that a pass still holds stays, though its owner let go of it', async () => {
  const expected = await tailOfGradient([]);
  assert.ok(expected['tail.weight'].some((value) => value !== 0));
  assert.equal(await tailOfGradient([batches[3], batches[3]]), expected);
});

test.run();
