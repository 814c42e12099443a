import * as v from 'valibot';
import { rangeMethods } from './ranges.ts';

const MOST_NAMES = 10_000;

const name = v.pipe(v.string(), v.maxLength(500));
const range = v.pipe(
  v.strictTuple([v.pipe(v.number(), v.finite()), v.pipe(v.number(), v.finite())]),
  v.check(([least, greatest]) => least <= 0 && greatest >= 0, 'must be a range [least, greatest] around 0'),
  v.check(([least, greatest]) => greatest - least <= 3e38, 'must be within single precision'),
);

/** The field of a configuration. */
export const quantizationField = {
  quantization: v.optional(
    v.strictObject({
      method: v.picklist(rangeMethods),
      calibration: v.strictObject({ data: v.string(), images: v.number() }),
      float_layers: v.pipe(v.array(name), v.maxLength(MOST_NAMES)),
      activations: v.record(name, v.record(name, range)),
    }),
  ),
};
