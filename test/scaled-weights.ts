import type { HostTensor, Weights } from '../engine/index.ts';

/** Weights, those whose names contain a key times its factor, as fixtures' scripts scale the layers that predict. */
export const scaledWeights = (
  weights: Weights,
  factors: Readonly<Record<string, number>>,
): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => {
      const scales = Object.keys(factors).filter((part) => name.includes(part));
      const factor = scales.reduce((product, part) => product * factors[part], 1);
      return [name, { shape, data: (data as Float32Array).map((value) => factor * value) }];
    }),
  );
