import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NamedArrays, TrainingOptions } from '../../engine/index.ts';
import { checkTrainingOptions } from '../../engine/optimizers/check-options.ts';
import { clipGradients } from '../../engine/optimizers/clip-gradients.ts';
import { createOptimizer, type OptimizerSettings } from '../../engine/optimizers/create-optimizer.ts';
import { MovingAverage } from '../../engine/optimizers/moving-average.ts';
import { ResnetCocoError } from '../../errors.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave } from '../waves.ts';

const test = suite('optimizers');

/** What torch did, as `fixtures/optimisers.py` writes it. */
interface Case {
  readonly name: string;
  readonly settings: OptimizerSettings;
  readonly weights: Readonly<Record<string, string>>;
  readonly clipNorm?: number;
  readonly norms?: readonly number[];
  readonly averageDecay?: number;
  readonly average?: Readonly<Record<'first' | 'last', Readonly<Record<string, string>>>>;
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'optimisers.json'), 'utf8')).optimisers;

const STEPS = 20;
const SIZES = { 'conv.weight': 108, 'bn.weight': 4, 'bn.bias': 4, 'fc.weight': 20 };
const RATE = 0.05;
const TOLERANCE = 1e-6;

const scaledWave = (count: number, phase: number, scale: number) =>
  Float32Array.from(wave(count, phase), (value) => scale * value);

/** The gradients of a step, those that the script makes. */
function gradientsOf(step: number): NamedArrays {
  const all = Object.entries(SIZES).map(([name, size], which) => {
    return [name, scaledWave(size, 100 + 10 * step + which, step % 3 ? 0.2 : 2)] as const;
  });
  return Object.fromEntries(all.filter(([name]) => name !== 'fc.weight' || (step !== 0 && step !== 7)));
}

function assertClose(actual: NamedArrays, packed: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(packed)) {
    const expected = new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
    assert.is(actual[name].length, expected.length, name);
    const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    expected.forEach((value, i) => {
      const off = Math.abs(actual[name][i] - value) / scale;
      assert.ok(off <= TOLERANCE, `${name}[${i}]: ${actual[name][i]}, not ${value}`);
    });
  }
}

for (const { average: averages, averageDecay, clipNorm, name, norms, settings, weights: expected } of cases) {
  test(`${name}: as torch over ${STEPS} steps, the same after a pause`, () => {
    const weights: Record<string, Float32Array> = Object.fromEntries(
      Object.entries(SIZES).map(([weight, size], which) => [weight, scaledWave(size, which, 1)]),
    );
    weights.running = new Float32Array(3);
    let optimizer = createOptimizer(settings);
    let average = new MovingAverage(averageDecay ?? 0);
    assert.is(average.weights, undefined);
    for (let step = 0; step < STEPS; step++) {
      if (step === 9) {
        const state = optimizer.state();
        optimizer = createOptimizer(settings);
        optimizer.restore(state);
        average = new MovingAverage(averageDecay ?? 0, average.weights);
      }
      const gradients = gradientsOf(step);
      if (clipNorm !== undefined) {
        const norm = clipGradients(gradients, clipNorm);
        assert.ok(Math.abs(norm / norms![step] - 1) < TOLERANCE, `norm ${step}: ${norm}, not ${norms![step]}`);
      }
      optimizer.step(weights, gradients, RATE * (1 - step / STEPS));
      scaledWave(3, step, 1).forEach((value, i) => {
        weights.running[i] += value;
      });
      average.update(weights);
      if (step === 0 && averages) assertClose(average.weights!, averages.first);
    }
    assertClose(weights, expected);
    if (averages) assertClose(average.weights!, averages.last);
  });
}

test('settings under which steps have no meaning are refused, naming them', () => {
  const sgd = { kind: 'sgd', momentum: 0.9 } as const;
  const wrong: readonly (readonly [TrainingOptions, RegExp])[] = [
    [{ optimizer: { kind: 'sgd', momentum: 1 } }, /momentum.*not 1/],
    [{ optimizer: { kind: 'sgd', momentum: Number.NaN } }, /momentum.*not NaN/],
    [{ optimizer: { kind: 'sgd', nesterov: true } }, /nesterov.*momentum/],
    [{ optimizer: { ...sgd, weightDecay: -1e-4 } }, /weightDecay.*-0\.0001/],
    [{ optimizer: { kind: 'adamw', betas: [0.9, 1] } }, /betas.*not 1/],
    [{ optimizer: { kind: 'adamw', epsilon: 0 } }, /epsilon/],
    [{ optimizer: sgd, clipNorm: 0 }, /clipNorm/],
    [{ optimizer: sgd, averageDecay: 1 }, /averageDecay/],
  ];
  for (const [options, pattern] of wrong) {
    assert.throws(
      () => checkTrainingOptions(options),
      (error: unknown) =>
        error instanceof ResnetCocoError && error.code === 'BAD_CONFIG' && pattern.test(error.message),
      `${pattern}`,
    );
  }
  checkTrainingOptions({ optimizer: { ...sgd, nesterov: true }, clipNorm: 1, averageDecay: 0 });
  checkTrainingOptions({ optimizer: { kind: 'adamw' } });
});

test.run();
