import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { counted, displayWidth, formatTable } from '../../../cli/terminal/table.ts';

test('columns are aligned as a terminal shows them', () => {
  assert.is(
    formatTable(
      [
        ['dog', '1.50'],
        ['犬だ', '10.25'],
      ],
      'lr',
      '  ',
    ),
    '  dog    1.50\n  犬だ  10.25',
  );
  assert.is(
    formatTable([
      ['a', 'b'],
      ['long', ''],
    ]),
    'a     b\nlong',
  );
  assert.is(formatTable([]), '');
});

test('widths of letters, accents, CJK and emoji', () => {
  const expected: [string, number][] = [
    ['plain', 5],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['한', 2],
    ['ﾊﾝ', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['❤️', 2],
    ['×', 1],
  ];
  for (const [text, width] of expected) assert.is(displayWidth(text), width, text);
});

test('counted nouns', () => assert.equal([counted(0, 'image'), counted(1, 'image')], ['0 images', '1 image']));

test.run();
