import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stratify, type Unit } from '../../../datasets/detection/stratify.ts';
import { Random } from '../../../io/random.ts';

const SHARES = [
  [0.8, 0.2],
  [0.7, 0.2, 0.1],
  [0.5, 0.5],
  [0.9, 0.05, 0.05],
];

/** Images with any of `labels` labels, each of its own frequency; label 0 is on all. */
function randomUnits(random: Random, images: number, labels: number): Unit[] {
  const shares = Array.from({ length: labels }, () => 0.02 + 0.6 * random.uniform() * random.uniform());
  return Array.from({ length: images }, () => {
    const unit = new Map([[0, 1]]);
    for (const [label, share] of shares.entries()) if (random.uniform() < share) unit.set(label + 1, 1);
    return unit;
  });
}

/** The greatest distance of a label's count in a part from its share. */
function worst(units: readonly Unit[], parts: Int32Array, fractions: readonly number[]): number {
  const labels = new Set(units.flatMap((unit) => [...unit.keys()]));
  const distances = [...labels].flatMap((label) => {
    const count = (part?: number) =>
      units.reduce((sum, unit, i) => sum + (part === undefined || parts[i] === part ? (unit.get(label) ?? 0) : 0), 0);
    return fractions.map((fraction, part) => Math.abs(count(part) - fraction * count()));
  });
  return Math.max(...distances);
}

test('each label is within one image of its share in each part', () => {
  for (let seed = 0; seed < 24; seed++) {
    const random = new Random(seed);
    const units = randomUnits(random, 30 + random.integer(300), 1 + random.integer(18));
    const fractions = SHARES[seed % SHARES.length];
    const parts = stratify(units, fractions, new Random(seed));
    assert.ok(worst(units, parts, fractions) <= 1 + 1e-9, `seed ${seed}: ${worst(units, parts, fractions)}`);
  }
});

test('images of one label each are divided to the image', () => {
  const units: Unit[] = Array.from({ length: 60 }, (_, i) => new Map([[i % 3, 1]]));
  const parts = stratify(units, [0.5, 0.3, 0.2], new Random(1));
  for (const label of [0, 1, 2]) {
    const counts = [0, 1, 2].map((part) => units.filter((unit, i) => unit.has(label) && parts[i] === part).length);
    assert.equal(counts, [10, 6, 4]);
  }
});

test('groups are divided as a whole, the large ones too', () => {
  const sizes = [40, 20, 10, 10, 10, 4, 3, 2, 1];
  const units: Unit[] = sizes.map((size) => new Map([[0, size]]));
  const parts = stratify(units, [0.8, 0.2], new Random(0));
  const inVal = sizes.filter((_, i) => parts[i] === 1).reduce((sum, size) => sum + size, 0);
  assert.ok(Math.abs(inVal - 20) <= 1, `${inVal} of 100`);
});

test('every part gets a unit, and one seed always gives one division', () => {
  const units: Unit[] = Array.from({ length: 5 }, () => new Map([[0, 1]]));
  assert.equal(new Set(stratify(units, [0.98, 0.01, 0.01], new Random(2))).size, 3);
  const many = randomUnits(new Random(7), 40, 6);
  const text = (seed: number) => [...stratify(many, [0.6, 0.3, 0.1], new Random(seed))].join('');
  assert.is(text(11), EXPECTED);
  assert.is.not(text(12), EXPECTED);
});

/** The division on every machine. */
const EXPECTED = '1020110011000110020001100210001002010000';

test.run();
