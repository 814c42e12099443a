import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BoxCoder, type BoxWeights, ROI_BOX_WEIGHTS, RPN_BOX_WEIGHTS } from '../../../detection/ops/box-coder.ts';
import { Random } from '../../../io/random.ts';
import { close, floats, golden, type Packed } from '../golden.ts';

interface Case extends Record<'references' | 'targets' | 'encoded' | 'codes' | 'decoded', Packed> {
  readonly weights: BoxWeights;
}

test('codes and boxes equal torchvision, with NaN, infinite and clamped codes', () => {
  for (const expected of golden<Case[]>('coder')) {
    const coder = new BoxCoder(expected.weights);
    const references = floats(expected.references);
    close(coder.encode(floats(expected.targets), references), floats(expected.encoded), 5e-7, 'encoded');
    close(coder.decode(floats(expected.codes), references), floats(expected.decoded), 5e-7, 'decoded');
  }
});

test('decoding what was encoded gives the target back', () => {
  const random = new Random(3);
  const draw = () => {
    const [x, y] = [random.uniform(0, 500), random.uniform(0, 500)];
    return [x, y, x + random.uniform(8, 200), y + random.uniform(8, 200)];
  };
  const targets = new Float32Array(400);
  const references = new Float32Array(400);
  for (let b = 0; b < targets.length; b += 4) {
    targets.set(draw(), b);
    references.set(draw(), b);
  }
  for (const weights of [RPN_BOX_WEIGHTS, ROI_BOX_WEIGHTS]) {
    const coder = new BoxCoder(weights);
    const decoded = coder.decode(coder.encode(targets, references), references);
    assert.ok(decoded.every((side, i) => Math.abs(side - targets[i]) < 2e-4));
  }
});

test('a single row decodes as it does among all', () => {
  const [{ weights, references, codes }] = golden<Case[]>('coder');
  const coder = new BoxCoder(weights);
  const all = coder.decode(floats(codes), floats(references));
  const one = new Float32Array(8);
  coder.decodeRow(floats(codes), 31, floats(references), 10, one, 1);
  assert.equal([...one.subarray(4)], [...all.subarray(31 * 4, 32 * 4)]);
  assert.equal([...one.subarray(0, 4)], [0, 0, 0, 0]);
});

test('a box never grows beyond 62.5 times its reference', () => {
  const box = new BoxCoder(RPN_BOX_WEIGHTS).decode(Float32Array.of(0, 0, 1e9, 50), Float32Array.of(0, 0, 2, 4));
  assert.ok(Math.abs(box[2] - box[0] - 125) < 1e-3 && Math.abs(box[3] - box[1] - 250) < 1e-3);
});

test.run();
