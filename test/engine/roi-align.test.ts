import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FeatureShape, roiAlign, roiAlignGradient } from '../../engine/ops/roi-align-host.ts';
import { close, floats, golden, type Packed } from '../detection/golden.ts';

interface Golden {
  readonly features: Packed;
  readonly regions: Packed;
  readonly cases: {
    readonly size: [number, number];
    readonly scale: number;
    readonly ratio: number;
    readonly aligned: boolean;
    readonly pooled: Packed;
    readonly gradient: Packed;
  }[];
}
const expected = golden<Golden>('pooling');
const features = floats(expected.features);
const shape = expected.features.shape as unknown as FeatureShape;
const regions = floats(expected.regions);
const cases = expected.cases.map(({ size, scale, ratio, aligned, pooled, gradient }) => ({
  options: { outputSize: size, spatialScale: scale, samplingRatio: ratio, aligned },
  pooled: floats(pooled),
  gradient: floats(gradient),
}));

test('pooled values equal torchvision: fixed and adaptive points, aligned or not, regions outside of the map', () => {
  for (const [n, { options, pooled }] of cases.entries()) {
    close(roiAlign(features, shape, regions, options), pooled, 1e-6, `case ${n}`);
  }
});

test('gradients equal torchvision', () => {
  for (const [n, { options, pooled, gradient }] of cases.entries()) {
    const incoming = pooled.map((_, i) => Math.cos(i));
    close(roiAlignGradient(incoming, shape, regions, options), gradient, 3e-6, `case ${n}`);
  }
});

test('the gradient is the transpose of the pooling', () => {
  const { options } = cases[0];
  const pooled = roiAlign(features, shape, regions, options);
  const incoming = pooled.map((_, i) => Math.sin(i));
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const through = dot(roiAlignGradient(incoming, shape, regions, options), features);
  assert.ok(Math.abs(dot(incoming, pooled) - through) < 1e-4 * Math.abs(through));
});

test('a constant map pools to that constant wherever the region lies inside', () => {
  const flat = new Float32Array(8 * 8).fill(3);
  const options = { outputSize: [2, 2], spatialScale: 1, samplingRatio: 2, aligned: false } as const;
  close(
    roiAlign(flat, [1, 8, 8, 1], Float32Array.of(0, 1, 1, 6, 7), options),
    new Float32Array(4).fill(3),
    1e-6,
    'flat',
  );
});

test('no regions, and regions of NaN or infinity, give zeros; an unknown image is refused', () => {
  const [{ options }] = cases;
  const adaptive = { ...options, samplingRatio: 0 };
  assert.is(roiAlign(features, shape, new Float32Array(0), options).length, 0);
  const odd = Float32Array.of(0, Number.NaN, 0, 9, 9, 0, 0, 0, Number.POSITIVE_INFINITY, 9);
  assert.ok(roiAlign(features, shape, odd, adaptive).every((value) => value === 0));
  assert.ok(roiAlignGradient(new Float32Array(98 * 5).fill(1), shape, odd, adaptive).every((value) => value === 0));
  assert.throws(() => roiAlign(features, shape, Float32Array.of(2, 0, 0, 1, 1), options), /image 2 of 2/);
});

test.run();
