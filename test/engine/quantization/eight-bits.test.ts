import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { quantizeBias, quantizeWeights, scaleOf, scalesForBias } from '../../../engine/quantization/eight-bits.ts';
import { wave } from '../../waves.ts';

test('zero has a byte of its own in every range', () => {
  for (const range of [
    [-1, 3],
    [0, 7],
    [-5, 0],
    [-0.1, 12.3],
  ] as const) {
    const { scale, zero } = scaleOf(range);
    assert.ok(Number.isInteger(zero) && zero >= 0 && zero <= 255);
    for (const end of range) assert.ok(Math.abs((Math.round(end / scale) + zero) * 1 - zero - end / scale) <= 0.5);
    assert.ok(Math.abs(255 * scale - (range[1] - range[0])) < 1e-6 * 255 * scale + 1e-6);
  }
  assert.equal(scaleOf([0, 0]), { scale: 1, zero: 0 });
});

test('each channel of weights has its own scale', () => {
  const { data, scales } = quantizeWeights(Float32Array.of(1, -0.5, 100, 25, 0, 0), 3);
  assert.equal([...data], [127, -64, 127, 32, 0, 0]);
  assert.ok(Math.abs(scales[0] - 1 / 127) < 1e-9 && Math.abs(scales[1] - 100 / 127) < 1e-6);
  assert.is(scales[2], 1);
});

test('weights in eight bits that are scaled by channel and made bytes again are the same bytes', () => {
  const weights = Float32Array.from(wave(64 * 27, 3));
  const { data, scales } = quantizeWeights(weights, 64);
  const folded = Float32Array.from(data, (byte, i) => {
    const channel = Math.floor(i / 27);
    return Math.fround(Math.fround(byte * scales[channel]) * (channel + 0.37));
  });
  assert.equal(quantizeWeights(folded, 64).data, data);
});

test('a bias that is far greater than its weights is not cut', () => {
  const bias = Float32Array.of(1000);
  const weights = quantizeWeights(Float32Array.of(1e-9), 1, scalesForBias(bias, 0.01));
  const [sum] = quantizeBias(bias, 0.01, weights.scales);
  assert.ok(Math.abs(sum * 0.01 * weights.scales[0] - 1000) < 1e-3);
  assert.ok(Math.abs(sum) < 2 ** 31);
});

test.run();
