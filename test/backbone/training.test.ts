import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classificationLoss } from '../../backbone/classification-loss.ts';
import { classifierShapes, parseClassifierConfig, planClassifier } from '../../backbone/index.ts';
import { convsOf } from '../../backbone/resnet-plan.ts';
import { createEngine, type HostTensor, type TrainingOptions } from '../../engine/index.ts';
import { rejects } from '../rejects.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

const test = suite('training against torch');

interface Case {
  readonly config: object;
  readonly batch: number;
  readonly size: number;
}
/** What torch did, as `fixtures/training.py` writes it. */
interface Fixture {
  readonly steps: readonly (Case & {
    readonly rate: number;
    /** Scales the last norm's of each block. */
    readonly gamma: number;
    readonly losses: readonly number[];
    readonly statistics: Readonly<Record<string, readonly number[]>>;
  })[];
  readonly gradients: readonly (Case & {
    /** The number of the batch. */
    readonly which: number;
    readonly loss: number;
    /** Of each weight's gradient, in double precision: its norm, and its products with two waves. */
    readonly gradients: Readonly<Record<string, readonly [norm: number, ...products: number[]]>>;
  })[];
}
const fixture = (name: string) => JSON.parse(readFileSync(join(fixturesDir, name), 'utf8'));
const { gradients, ...paper }: Fixture = fixture('training.json');
/** The paper's networks, and timm's, as `fixtures/variants.py` writes them. */
const steps: Fixture['steps'] = [...paper.steps, ...fixture('variants.json').steps];

const CLASSES = 10;
const OPTIONS: TrainingOptions = { optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 } };

/** The images and targets of a step, those that the script makes: a wave for each class, and one for each image. */
function batchOf(count: number, size: number, which: number): Record<'image' | 'target', HostTensor> {
  const numbers = size * size * 3;
  const data = new Float32Array(count * numbers);
  const target = new Float32Array(count * CLASSES);
  for (let i = 0; i < count; i++) {
    const label = (7 * i + 3 * which) % CLASSES;
    const own = wave(numbers, 1000 + which * count + i);
    data.set(
      wave(numbers, label).map((value, k) => value + 0.5 * own[k]),
      i * numbers,
    );
    target[i * CLASSES + label] = 1;
  }
  return { image: { shape: [count, size, size, 3], data }, target: { shape: [count, CLASSES], data: target } };
}

async function startTraining({ batch, config, size }: Case, gamma = 1, options = OPTIONS) {
  const plan = planClassifier(parseClassifierConfig({ ...config, num_classes: CLASSES }, 'test'));
  const weights = waveWeights(classifierShapes(plan));
  for (const { endsResidual, norm } of convsOf(plan)) {
    if (!endsResidual) continue;
    const { data, shape } = weights[`${norm}.weight`];
    weights[`${norm}.weight`] = { shape, data: data.map((value) => gamma * value) as Float32Array };
  }
  const loss = classificationLoss(plan, weights, { batch, height: size, width: size });
  return await (await createEngine('onnx', { threads: 1 })).train(loss, options);
}

const nameOf = ({ config }: Case) => Object.values(config).join(', ');
const relative = (actual: number, expected: number) => Math.abs(actual - expected) / Math.abs(expected);

for (const example of steps) {
  const { batch, gamma, losses, rate, size, statistics } = example;
  test(`${losses.length} steps of ${nameOf(example)}: losses and running statistics as torch's`, async () => {
    const program = await startTraining(example, gamma);
    for (const [step, expected] of losses.entries()) {
      const { loss } = await program.step(batchOf(batch, size, step), rate);
      assert.ok(relative(loss, expected) < 1e-3, `step ${step}: ${loss}, not ${expected}`);
    }
    const { weights } = await program.snapshot();
    for (const [name, expected] of Object.entries(statistics)) {
      const largest = Math.max(...expected.map(Math.abs));
      assert.is(weights[name].length, expected.length);
      expected.forEach((value, i) => {
        const off = Math.abs(weights[name][i] - value) / largest;
        assert.ok(off < 1e-3, `${name}[${i}]: ${weights[name][i]}, not ${value}`);
      });
    }
    await program.dispose();
  });
}

for (const example of gradients) {
  test(`gradients of ${nameOf(example)}: as torch's`, async () => {
    const program = await startTraining(example);
    const result = await program.gradients(batchOf(example.batch, example.size, example.which));
    assert.ok(relative(result.loss, example.loss) < 1e-5, `loss ${result.loss}, not ${example.loss}`);
    assert.equal(Object.keys(result.gradients).sort(), Object.keys(example.gradients).sort());
    for (const [name, [norm, ...products]] of Object.entries(example.gradients)) {
      const gradient = result.gradients[name];
      const measured = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
      assert.ok(relative(measured, norm) < 2e-4, `norm of ${name}: ${measured}, not ${norm}`);
      products.forEach((expected, i) => {
        const values = wave(gradient.length, i + 1);
        const product = gradient.reduce((sum, value, k) => sum + value * values[k], 0);
        assert.ok(Math.abs(product - expected) < 2e-4 * norm, `${name} by wave ${i + 1}: ${product}, not ${expected}`);
      });
    }
    await program.dispose();
  });
}

test('settings without meaning are refused before anything is compiled', async () => {
  const options: TrainingOptions = { optimizer: { kind: 'sgd', nesterov: true } };
  await rejects(startTraining(gradients[0], 1, options), 'BAD_CONFIG', /nesterov/);
});

test.run();
