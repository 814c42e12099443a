import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  add,
  formatDecimal,
  parseDecimal,
  subtract,
  toDecimal,
  toNumber,
} from '../../../datasets/detection/decimal.ts';
import { fromVocBox, toVocBox } from '../../../datasets/detection/voc/voc-box.ts';
import { Random } from '../../../io/random.ts';

test('sums are exact', () => {
  assert.is(formatDecimal(add(toDecimal(178.11), toDecimal(1))), '179.11');
  assert.is(formatDecimal(add(toDecimal(0.1), toDecimal(0.2))), '0.3');
  assert.is(formatDecimal(subtract(toDecimal(0.05), toDecimal(1))), '-0.95');
  assert.is(formatDecimal(add(toDecimal(1e-7), toDecimal(1e21))), '1000000000000000000000.0000001');
});

test('texts', () => {
  for (const [text, shown] of [
    ['007.50', '7.5'],
    ['-.5', '-0.5'],
    ['+3.', '3'],
    ['-0', '0'],
    ['1.5e3', '1500'],
    ['15E-3', '0.015'],
  ]) {
    assert.is(formatDecimal(parseDecimal(text)!), shown);
  }
  for (const text of ['', '.', '1,5', 'NaN', 'Infinity', '0x1', '1e', '--1', '1 2', '1e1234']) {
    assert.is(parseDecimal(text), undefined, text);
  }
});

test('every number comes back from its decimal', () => {
  const random = new Random(5);
  for (let i = 0; i < 2000; i++) {
    const value = random.normal() * 10 ** (random.integer(30) - 15);
    assert.is(toNumber(toDecimal(value)), value);
  }
});

test('boxes come back from VOC, whatever their numbers', () => {
  const random = new Random(6);
  const number = (): number => random.uniform(-5, 2000);
  for (let i = 0; i < 2000; i++) {
    const box = [number(), number(), number(), number()] as const;
    const [xmin, ymin, xmax, ymax] = toVocBox(box).map((text) => parseDecimal(text)!);
    assert.equal(fromVocBox({ xmin, ymin, xmax, ymax }), box);
  }
  assert.equal(toVocBox([0, 0, 100, 50]), ['1', '1', '100', '50']);
});

test.run();
