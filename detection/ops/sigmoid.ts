const { fround } = Math;

/** 1 / (1 + e^−x), rounded at each step as torch does in single precision. */
export const sigmoid = (logit: number): number => fround(1 / fround(1 + fround(Math.exp(-logit))));
