import * as v from 'valibot';
import { numberWithin, positiveWithin, wholeWithin } from '../io/bounded-values.ts';
import { MOST } from '../io/bounds.ts';

const MOST_MILESTONES = 1000;
const ofEpochs = numberWithin(0, MOST.epochs);
const share = v.pipe(numberWithin(0, 1), v.ltValue(1, 'must be below 1'));

const decay = { weight_decay: numberWithin(0, MOST.decay), decay_norms: v.boolean() };
const optimizer = v.variant('kind', [
  v.strictObject({ kind: v.literal('sgd'), momentum: share, nesterov: v.boolean(), ...decay }),
  v.strictObject({ kind: v.literal('adamw'), ...decay }),
]);

const rate = positiveWithin(MOST.libraryRate);
const slow = { rate, warmup: ofEpochs, warmup_steps: v.optional(wholeWithin(0, MOST.steps)) };
const schedule = v.variant('kind', [
  v.strictObject({ kind: v.literal('constant'), ...slow }),
  v.strictObject({ kind: v.literal('cosine'), ...slow }),
  v.strictObject({
    kind: v.literal('steps'),
    ...slow,
    milestones: v.pipe(v.array(ofEpochs), v.maxLength(MOST_MILESTONES, `must be at most ${MOST_MILESTONES}`)),
  }),
  v.strictObject({ kind: v.literal('one-cycle'), rate }),
]);

/** Settings of the optimizer. */
const stepFields = { optimizer, schedule, clip_norm: v.optional(positiveWithin(MOST.norm)), ema: v.optional(share) };

/** The fields that all settings have, in the order in which a run stores them. */
export const optimizationFields = {
  epochs: wholeWithin(1, MOST.epochs),
  batch: wholeWithin(1, MOST.batch),
  seed: v.pipe(v.number(), v.safeInteger()),
  ...stepFields,
  evaluate_every: wholeWithin(1, MOST.epochs),
};

/** Names of the settings of optimizer and schedule, for cards and pages. */
export const stepSettings: readonly string[] = Object.keys(stepFields);
