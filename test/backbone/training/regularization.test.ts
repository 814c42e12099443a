import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import '../../../engine/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { binaryCrossEntropy, blockCount, classificationLoss } from '../../../backbone/classification-loss.ts';
import { classifierParameters, initialize, parseClassifierConfig, planClassifier } from '../../../backbone/index.ts';
import { keptBranches } from '../../../backbone/training/stochastic-depth.ts';
import { wideOperations } from '../../../datasets/augment/trivial-augment.ts';
import { createEngine } from '../../../engine/index.ts';
import { Random } from '../../../io/random.ts';
import { fixturesDir } from '../../shared-data.ts';

/** What torch and torchvision say; see regularization.py. */
const { bce, depth, spaces } = JSON.parse(readFileSync(join(fixturesDir, 'regularization.json'), 'utf8')) as {
  readonly bce: Readonly<Record<'logits' | 'targets' | 'gradient', number[][]>> & { readonly loss: number };
  readonly depth: { readonly kept: number[]; readonly rates: number[] };
  readonly spaces: Readonly<Record<string, Readonly<Record<string, { values: number[]; signed: boolean }>>>>;
};

test("the strengths of TrivialAugment are torchvision's at every step", () => {
  const image = { width: 224, height: 160, data: new Uint8Array(0) };
  for (const [bins, space] of Object.entries(spaces)) {
    assert.equal(Object.keys(space), Object.keys(wideOperations));
    for (const [op, { signed, values }] of Object.entries(space)) {
      assert.is(wideOperations[op].signed, signed, op);
      const own = values.map((_, bin) => wideOperations[op].magnitude(bin, Number(bins), image));
      assert.equal(own, values, `${op} of ${bins}`);
    }
  }
});

test("binary cross-entropy and its gradient are torch's", async () => {
  await tf.setBackend('cpu');
  const targets = tf.tensor2d(bce.targets);
  const { grad, value } = tf.valueAndGrad((logits) => binaryCrossEntropy(logits as tf.Tensor2D, targets))(
    tf.tensor2d(bce.logits),
  );
  assert.ok(Math.abs((await value.data())[0] / bce.loss - 1) < 1e-6);
  const gradient = await grad.data();
  for (const [i, expected] of bce.gradient.flat().entries()) {
    assert.ok(Math.abs(gradient[i] - expected) < 1e-7, `${i}: ${gradient[i]}, not ${expected}`);
  }
});

test('residual branches are left out more often the deeper they are, and kept ones make up for it', () => {
  const [images, blocks] = [20_000, depth.rates.length];
  const { data, shape } = keptBranches(images, blocks, 0.3, 1, [2, 3]);
  assert.equal(shape, [images, blocks]);
  for (const [block, rate] of depth.rates.entries()) {
    const factors = Array.from({ length: images }, (_, i) => data[i * blocks + block]);
    const kept = factors.filter((factor) => factor > 0);
    assert.ok(Math.abs(kept.length / images - (1 - rate)) < 0.015, `${block}: ${kept.length}`);
    assert.ok(kept.every((factor) => Math.abs(factor - 1 / (1 - rate)) < 1e-6));
  }
  const last = new Set(keptBranches(500, 2, 0.25, 1, [0, 0]).data.filter((_, i) => i % 2 === 1));
  assert.equal([...last].sort(), depth.kept);
  assert.equal(keptBranches(9, 3, 0.5, 4, [1, 2]), keptBranches(9, 3, 0.5, 4, [1, 2]));
  assert.not.equal(keptBranches(9, 3, 0.5, 4, [1, 2]).data, keptBranches(9, 3, 0.5, 4, [1, 3]).data);
});

test('a compiled step multiplies each branch by its factor', async () => {
  const plan = planClassifier(
    parseClassifierConfig({ architecture: 'resnet8', stem: 'cifar', shortcut: 'A', num_classes: 3 }, 'test'),
  );
  const random = new Random(3);
  const weights = initialize(classifierParameters(plan), random);
  const size = { batch: 4, height: 8, width: 8 };
  const image = { shape: [4, 8, 8, 3], data: Float32Array.from({ length: 768 }, () => random.normal()) };
  const target = { shape: [4, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0) };
  const engine = await createEngine('onnx', { threads: 1 });
  const blocks = blockCount(plan);
  assert.is(blocks, 3);
  const step = async (factor: number | undefined) => {
    const spec = classificationLoss(plan, weights, size, { hasDepth: factor !== undefined, isBinary: true });
    const program = await engine.train(spec, { optimizer: { kind: 'sgd' } });
    const branches = { shape: [4, blocks], data: new Float32Array(4 * blocks).fill(factor ?? 0) };
    const { loss } = await program.step({ image, target, ...(factor === undefined ? {} : { branches }) }, 0.1);
    const after = (await program.snapshot()).weights;
    await program.dispose();
    return {
      loss,
      changed: Object.keys(after).filter((name) => after[name].some((value, i) => value !== weights[name].data[i])),
    };
  };
  const [plain, kept, left] = [await step(undefined), await step(1), await step(0)];
  assert.ok(Math.abs(plain.loss - kept.loss) < 1e-6);
  assert.equal(plain.changed, kept.changed);
  assert.ok(Math.abs(plain.loss - left.loss) > 1e-4);
  // Without branches, only the stem and the head learn.
  const learned = left.changed.filter((name) => !name.includes('running'));
  assert.ok(
    learned.every((name) => !name.startsWith('layer')),
    learned.join(),
  );
});

test.run();
