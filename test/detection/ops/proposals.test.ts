import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AnchorGenerator } from '../../../detection/ops/anchors.ts';
import { filterProposals, type ProposalOptions } from '../../../detection/ops/proposals.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { close, floats, golden, type Packed, sizeOfPair } from '../golden.ts';
import { iouMatrix } from './iou-matrix.ts';

interface Case {
  readonly pre: number;
  readonly post: number;
  readonly scoreThresh: number;
  readonly boxes: Packed[];
  readonly scores: Packed[];
}
interface Golden {
  readonly sizes: number[][];
  readonly grids: [number, number][];
  readonly padded: [number, number];
  readonly images: [number, number][];
  readonly logits: Packed[];
  readonly deltas: Packed[];
  readonly cases: Case[];
}

const expected = golden<Golden>('proposals');
const anchors = new AnchorGenerator(expected.sizes, [0.5, 1, 2]);
const padded = sizeOfPair(expected.padded);
const images = expected.images.map(sizeOfPair);
const levels = expected.grids.map((grid, level) => ({
  ...sizeOfPair(grid),
  logits: floats(expected.logits[level]),
  deltas: floats(expected.deltas[level]),
}));
const optionsOf = ({ pre, post, scoreThresh }: Case): ProposalOptions => ({
  preNmsTopN: pre,
  postNmsTopN: post,
  nmsThresh: 0.7,
  scoreThresh,
});

test('proposals of a batch equal torchvision, with NaN and infinite logits and deltas', () => {
  for (const [n, wanted] of expected.cases.entries()) {
    const proposals = filterProposals(levels, anchors, padded, images, optionsOf(wanted));
    assert.is(proposals.length, 2);
    for (const [image, { boxes, scores }] of proposals.entries()) {
      close(scores, floats(wanted.scores[image]), 2e-7, `case ${n}, image ${image}, scores`);
      close(boxes, floats(wanted.boxes[image]), 1e-6, `case ${n}, image ${image}, boxes`);
    }
  }
});

test('proposals lie in their image, score highest first, and overlap by at most the threshold within a level', () => {
  const one = levels.slice(0, 1);
  const onlyFirst = new AnchorGenerator([[32]], [0.5, 1, 2]);
  const options = { preNmsTopN: 200, postNmsTopN: 100, nmsThresh: 0.7, scoreThresh: 0 };
  for (const [image, { boxes, scores }] of filterProposals(one, onlyFirst, padded, images, options).entries()) {
    assert.ok(scores.length > 10 && scores.length <= 100);
    assert.ok(scores.every((score, i) => score > 0 && score <= 1 && (i === 0 || score <= scores[i - 1])));
    const ious = iouMatrix(boxes, boxes);
    for (let i = 0; i < scores.length; i++) {
      assert.ok(boxes[i * 4] >= 0 && boxes[i * 4 + 2] <= images[image].width && boxes[i * 4] < boxes[i * 4 + 2]);
      assert.ok(boxes[i * 4 + 1] >= 0 && boxes[i * 4 + 3] <= images[image].height);
      for (let j = 0; j < i; j++) assert.ok(ious[i * scores.length + j] <= 0.7 + 1e-6);
    }
  }
});

test('an image of one pixel, and nothing but NaN, give proposals or none, and no failure', () => {
  const options = { preNmsTopN: 100, postNmsTopN: 10, nmsThresh: 0.7, scoreThresh: 0 };
  const tiny = { height: 1, width: 1 };
  const [first] = filterProposals(levels, anchors, padded, [tiny, tiny], options);
  assert.ok(first.boxes.every((side) => side >= 0 && side <= 1));
  const nothing = levels.map((level) => ({ ...level, logits: level.logits.map(() => Number.NaN) }));
  const [none] = filterProposals(nothing, anchors, padded, images, options);
  assert.is(none.scores.length, 0);
  assert.is(none.boxes.length, 0);
});

test('outputs that do not fit the anchors are refused, naming the level', () => {
  const refused = (list: typeof levels, generator: AnchorGenerator, message: RegExp) =>
    assert.throws(
      () => filterProposals(list, generator, padded, images, optionsOf(expected.cases[0])),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'BAD_MODEL' && message.test(error.message),
    );
  refused(levels.slice(1), anchors, /4 levels, but anchor_sizes has 5/);
  refused(levels, new AnchorGenerator(expected.sizes, [1, 2]), /level 0: 720 logits and 2880 deltas/);
});

test.run();
