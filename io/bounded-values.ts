/** Schemas of numbers within bounds. Apart from the bounds, since loading valibot takes long for a short command. */
import * as v from 'valibot';
import { LEAST_DEVIATION } from './bounds.ts';

/** A whole number from `least` to `most`; the error states both. */
export const wholeWithin = (least: number, most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.check(
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `must be a whole number from ${least} to ${most}`,
    ),
  );

/** A number from `least` to `most`; the error states both. */
export const numberWithin = (least: number, most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.check((value) => value >= least && value <= most, `must be a number from ${least} to ${most}`),
  );

/** A number above 0 and at most `most`; the error states it. */
export const positiveWithin = (most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.check((value) => value > 0 && value <= most, `must be above 0 and at most ${most}`),
  );

/** Means and deviations of pixels; networks with inputs 0–255 have values of that size too. */
export const channelTriple = v.pipe(v.array(numberWithin(-1000, 1000)), v.length(3));
export const deviationTriple = v.pipe(v.array(numberWithin(LEAST_DEVIATION, 1000)), v.length(3));
