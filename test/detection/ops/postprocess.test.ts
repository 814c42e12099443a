import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resizeBoxes } from '../../../detection/ops/boxes.ts';
import { postprocessDetections } from '../../../detection/ops/postprocess.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { close, floats, golden, integers, type Packed, sizeOfPair } from '../golden.ts';

interface Case extends Record<'proposals' | 'logits' | 'deltas' | 'boxes' | 'scores' | 'labels', Packed[]> {
  readonly scoreThresh: number;
  readonly sizes: [number, number][];
  readonly originals: [number, number][];
}
const cases = golden<Case[]>('postprocess');

test('detections equal torchvision: many, none, one class, one pixel, NaN and infinite outputs', () => {
  for (const [n, wanted] of cases.entries()) {
    for (const [image, size] of wanted.sizes.entries()) {
      const { boxes, labels, scores } = postprocessDetections(
        {
          proposals: floats(wanted.proposals[image]),
          classLogits: floats(wanted.logits[image]),
          boxDeltas: floats(wanted.deltas[image]),
        },
        sizeOfPair(size),
        { scoreThresh: wanted.scoreThresh, nmsThresh: 0.5, detectionsPerImage: 40 },
      );
      assert.equal([...labels], [...integers(wanted.labels[image])], `case ${n}, image ${image}, labels`);
      close(scores, floats(wanted.scores[image]), 5e-7, `case ${n}, image ${image}, scores`);
      const inOriginal = resizeBoxes(boxes, sizeOfPair(size), sizeOfPair(wanted.originals[image]));
      close(inOriginal, floats(wanted.boxes[image]), 1e-6, `case ${n}, image ${image}, boxes`);
    }
  }
});

const options = { scoreThresh: 0.05, nmsThresh: 0.5, detectionsPerImage: 100 };
const size = { height: 100, width: 100 };

test('a score on the threshold is dropped, one above it is kept', () => {
  const outputs = {
    proposals: Float32Array.of(10, 10, 50, 50),
    classLogits: Float32Array.of(0, 0),
    boxDeltas: new Float32Array(8),
  };
  const found = (scoreThresh: number) => postprocessDetections(outputs, size, { ...options, scoreThresh }).scores;
  assert.equal([...found(0.4999)], [0.5]);
  assert.is(found(0.5).length, 0);
});

test('boxes are those of the class that scores, carried to the original size', () => {
  const { boxes, labels, scores } = postprocessDetections(
    {
      proposals: Float32Array.of(10, 10, 50, 50),
      classLogits: Float32Array.of(0, 1, 9),
      boxDeltas: Float32Array.of(0, 0, 0, 0, 99, 99, 0, 0, 2.5, 0, 0, 0),
    },
    size,
    options,
  );
  assert.equal([...labels], [2]);
  assert.ok(scores[0] > 0.99);
  assert.equal([...resizeBoxes(boxes, size, { height: 50, width: 200 })], [40, 5, 120, 25]);
});

test('outputs that do not fit together are refused', () => {
  const proposals = Float32Array.of(10, 10, 50, 50, 0, 0, 9, 9);
  for (const [logits, deltas] of [
    [5, 20],
    [6, 20],
    [4, 4],
  ]) {
    const outputs = { proposals, classLogits: new Float32Array(logits), boxDeltas: new Float32Array(deltas) };
    assert.throws(
      () => postprocessDetections(outputs, size, options),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'BAD_MODEL',
    );
  }
});

test.run();
