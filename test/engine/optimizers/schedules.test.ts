import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSchedule, type ScheduleSettings } from '../../../engine/optimizers/schedules.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { fixturesDir } from '../../shared-data.ts';

const test = suite('schedules');

/** The rate at each step that torch's schedulers give, as `fixtures/optimisers.py` writes it. */
interface Case {
  readonly settings: ScheduleSettings;
  readonly rates: readonly number[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'optimisers.json'), 'utf8')).schedules;

for (const { rates, settings } of cases) {
  const { kind, total, warmup } = settings;
  test(`${kind}, ${total} steps${warmup ? `, ${warmup} of them to warm up` : ''}: as torch`, () => {
    const schedule = createSchedule(settings);
    rates.forEach((rate, step) => {
      const off = Math.abs(schedule(step) - rate);
      assert.ok(off <= 1e-9 * settings.rate, `step ${step}: ${schedule(step)}, not ${rate}`);
    });
  });
}

test('every step of every schedule has a rate that is a number, up to the highest', () => {
  const rate = 0.1;
  for (const kind of ['constant', 'steps', 'cosine', 'one-cycle'] as const) {
    for (let total = 1; total < 9; total++) {
      for (let warmup = 0; warmup <= (kind === 'one-cycle' ? 0 : total); warmup++) {
        const schedule = createSchedule({ kind, rate, total, warmup, milestones: [total] });
        for (let step = 0; step < total; step++) {
          const value = schedule(step);
          assert.ok(value > 0 && value <= rate * (1 + 1e-12), `${kind} ${total} ${warmup} ${step}: ${value}`);
        }
        // Whoever goes on beyond the end gets no surprise.
        assert.ok(schedule(total + 1) >= 0 && schedule(total + 1) <= rate, `${kind} beyond its end`);
      }
    }
  }
});

test('settings that describe no schedule are refused, naming them', () => {
  const settings = { kind: 'steps', rate: 0.1, total: 10 } as const;
  const wrong: readonly (readonly [ScheduleSettings, RegExp])[] = [
    [{ ...settings, rate: 0 }, /rate.*not 0/],
    [{ ...settings, rate: Number.NaN }, /rate.*NaN/],
    [{ ...settings, total: 0 }, /total.*not 0/],
    [{ ...settings, total: 2.5 }, /total.*2\.5/],
    [{ ...settings, warmup: -1 }, /warmup.*-1/],
    [{ ...settings, warmup: 11 }, /warmup.*10 steps.*not 11/],
    [{ ...settings, kind: 'one-cycle', warmup: 2 }, /warmup.*one-cycle/],
    [{ ...settings, gamma: 0 }, /gamma/],
    [{ ...settings, milestones: [5, 3] }, /milestones.*5,3/],
    [{ ...settings, milestones: [0.5] }, /milestones/],
  ];
  for (const [value, pattern] of wrong) {
    assert.throws(
      () => createSchedule(value),
      (error: unknown) =>
        error instanceof ResnetCocoError && error.code === 'BAD_CONFIG' && pattern.test(error.message),
      `${pattern}`,
    );
  }
});

test.run();
