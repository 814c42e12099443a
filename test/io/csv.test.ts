import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatCsv } from '../../io/csv.ts';

const cell = (value: string | number | null) => formatCsv([[value]]).slice(0, -2);

test('cells that a spreadsheet would run are marked as texts', () => {
  for (const text of ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '-', '=', '+1e', '-1.5.2']) {
    assert.is(cell(text), `'${text}`);
  }
  assert.is(cell('=HYPERLINK("a","b")'), `"'=HYPERLINK(""a"",""b"")"`);
  assert.is(cell('\r=1'), `"'\r=1"`);
});

test('what steers a terminal is made visible, wherever it stands', () => {
  assert.is(cell('a\x1b[31mb\x07'), 'a\\x1b[31mb\\x07');
  assert.is(cell('photo\u202egpj.exe'), 'photo\\u202egpj.exe');
  assert.is(cell('=\x1b[2J,\u200b'), `"'=\\x1b[2J,\\u200b"`);
  assert.is(cell('a\tb\r\nc\x9b'), '"a\tb\r\nc\\x9b"');
  assert.is(cell('кот 猫 é'), 'кот 猫 é');
});

test('numbers stay numbers, and other texts what they are', () => {
  for (const value of [-1.5, 0, -1e-7, '-1.5', '+3', '-.5', '-1e-7', 'cat', 'a-b', ''])
    assert.is(cell(value), `${value}`);
  assert.is(cell(null), '');
  assert.is(cell('a,b'), '"a,b"');
});

test.run();
