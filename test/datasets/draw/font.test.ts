import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type TextMask, textMask, textWidth } from '../../../datasets/draw/font.ts';

const ink = ({ data }: TextMask): number => data.reduce((sum, level) => sum + level, 0) / 255;

/** Rows from the first to the last that hold ink. */
function inkRows({ width, height, data }: TextMask): [number, number] {
  const rows = Array.from({ length: height }, (_, y) => data.subarray(y * width, (y + 1) * width).some((v) => v > 0));
  return [rows.indexOf(true), rows.lastIndexOf(true)];
}

test('widths are the font’s, in proportion to its size', () => {
  // DejaVu Sans Condensed Bold: H is 1543 and i is 633 units of 2048 wide.
  assert.ok(Math.abs(textWidth('H', 100) - (100 * 1543) / 2048) < 0.1);
  assert.ok(Math.abs(textWidth('i', 100) - (100 * 632) / 2048) < 0.2);
  assert.ok(Math.abs(textWidth('person', 40) - 2 * textWidth('person', 20)) < 1e-9);
});

test('strokes are filled and counters are not', () => {
  const { width, height, data } = textMask('O', 100);
  const at = (x: number, y: number) => data[Math.round(y) * width + Math.round(x)];
  const [top, bottom] = inkRows({ width, height, data });
  const middle = (top + bottom) / 2;
  assert.is(at(width / 2, middle), 0);
  assert.is(at(width / 2, top + 6), 255);
  assert.ok(Math.abs(bottom - top - 75) < 3, 'a capital O is three quarters of an em high');
});

test('edges are antialiased and the ink’s area does not depend on the size', () => {
  const [small, large] = [12, 96].map((size) => ink(textMask('person 98%', size)) / size ** 2);
  assert.ok(Math.abs(small / large - 1) < 0.02);
  assert.ok(textMask('S', 12).data.some((level) => level > 20 && level < 235));
});

test('Latin, Greek and Cyrillic have glyphs of their own', () => {
  const missing = textMask('\u{10ffff}', 40);
  for (const text of ['Ä', 'é', 'ł', 'ğ', 'ș', 'ß', 'ế', 'Đ', 'λ', 'Ω', 'ώ', 'ж', 'Щ', 'ё', 'ї', '€', '№', '…']) {
    assert.not.equal(textMask(text, 40), missing, text);
    assert.ok(ink(textMask(text, 40)) > 20, text);
  }
  assert.ok(inkRows(textMask('Ä', 40))[0] < inkRows(textMask('A', 40))[0]);
});

test('unknown characters become boxes, one each; control characters become spaces', () => {
  assert.equal(textMask('汽', 30), textMask('🚗', 30));
  assert.is(textWidth('汽车', 30), 2 * textWidth('汽', 30));
  assert.ok(ink(textMask('汽', 30)) > 20);
  assert.equal(textMask('a\n\tb', 30), textMask('a  b', 30));
});

test('letters with combining marks are composed', () => {
  assert.equal(textMask('e\u0301', 30), textMask('é', 30));
});

test.run();
