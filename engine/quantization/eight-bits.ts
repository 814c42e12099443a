/** The least and the greatest value of an activation. */
export type Range = readonly [least: number, greatest: number];

/** How real numbers become bytes: q = round(x / scale) + zero. */
export interface Scale {
  readonly scale: number;
  readonly zero: number;
}

/** The greatest weight in eight bits. −128 is left out, so that weights are symmetric. */
const GREATEST_WEIGHT = 127;
/** The greatest bias, in half of the 32 bits in which sums are made. */
const GREATEST_BIAS = 2 ** 30;

/** The scale that spans a range, and zero, which it has exactly. */
export function scaleOf([least, greatest]: Range): Scale {
  const [from, to] = [Math.min(least, 0), Math.max(greatest, 0)];
  const scale = Math.fround((to - from) / 255) || 1;
  return { scale, zero: Math.round(-from / scale) };
}

/** Weights of a layer in eight bits, each channel out with its own scale. */
export interface EightBitWeights {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/** @param least the least scale of each channel */
export function quantizeWeights(weights: Float32Array, channels: number, least?: Float64Array): EightBitWeights {
  const size = weights.length / channels;
  const data = new Int8Array(weights.length);
  const scales = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const [start, end] = [channel * size, (channel + 1) * size];
    let greatest = 0;
    for (let i = start; i < end; i++) greatest = Math.max(greatest, Math.abs(weights[i]));
    const scale = Math.fround(Math.max(greatest / GREATEST_WEIGHT, least?.[channel] ?? 0)) || 1;
    scales[channel] = scale;
    for (let i = start; i < end; i++) {
      data[i] = Math.max(-GREATEST_WEIGHT, Math.min(GREATEST_WEIGHT, Math.round(weights[i] / scale)));
    }
  }
  return { data, scales };
}

/** The numbers that weights in eight bits stand for. */
export function dequantizeWeights(weights: ArrayLike<number>, scales: Float32Array): Float32Array {
  const size = weights.length / scales.length;
  const numbers = new Float32Array(weights.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = weights[i] * scales[Math.floor(i / size)];
  return numbers;
}

/** The least scales of weights with which biases fit into the sums. @param scale of the layer's input */
export const scalesForBias = (bias: Float32Array, scale: number): Float64Array =>
  Float64Array.from(bias, (value) => Math.abs(value) / scale / GREATEST_BIAS);

/** Biases in the sums of products of bytes. */
export const quantizeBias = (bias: Float32Array, scale: number, scales: Float32Array): Int32Array =>
  Int32Array.from(bias, (value, channel) => Math.round(value / (scale * scales[channel])));
