import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CocoResult } from '../../../datasets/index.ts';
import { BoxScanner } from '../../../eval/coco/box-scanner.ts';
import { COCO } from '../../../eval/coco/coco.ts';
import { Random } from '../../../io/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'box-scanner-'));
test.after(() => rmSync(folder, { recursive: true }));
const random = new Random(9);

const pick = <T>(options: readonly T[]): T => options[random.integer(options.length)];
const chance = (share: number) => random.uniform() < share;
const digits = (count: number) => Array.from({ length: count }, () => random.integer(10)).join('');

/** A number as JSON may have it, of any length and form. */
function numberText(): string {
  const whole = chance(0.2) ? '0' : String(1 + random.integer(9)) + digits(random.integer(pick([1, 3, 3, 20])));
  const decimals = chance(0.7) ? `.${digits(1 + random.integer(pick([1, 3, 6, 18, 25])))}` : '';
  const exponent = chance(0.15) ? pick(['e', 'E']) + pick(['', '+', '-']) + random.integer(12) : '';
  return (chance(0.2) ? '-' : '') + whole + decimals + exponent;
}

/** Ids beyond what is exact are refused. */
function idText(): string {
  const text = numberText();
  return Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER ? text : idText();
}

const space = () => (chance(0.8) ? pick(['', ' ']) : pick(['\n', '\t', '  \r\n ', ' \n\t']));

/** A name as JSON may have it: some of its characters escaped. */
const nameText = (name: string) =>
  `"${chance(0.95) ? name : name.replace(/[aeiou]/, (vowel) => `\\u00${vowel.charCodeAt(0).toString(16)}`)}"`;

function resultText(ids: readonly number[]): string {
  const list = (texts: readonly string[]) => `[${texts.map((text) => space() + text + space()).join(',')}]`;
  const fields: [string, string][] = [
    ['image_id', chance(0.9) ? String(pick(ids)) : `${pick(ids)}${pick(['.0', 'e0', '.000'])}`],
    ['category_id', chance(0.9) ? String(1 + random.integer(90)) : idText()],
    ['bbox', list([numberText(), numberText(), numberText(), numberText()])],
    ['score', numberText()],
  ];
  if (chance(0.1))
    fields.push([pick(['id', 'area', 'note']), pick(['5', '"a \\"}], {[ é 😀"', 'null', '{"bbox": [1]}'])]);
  random.shuffle(fields);
  return `{${fields.map(([name, text]) => `${space()}${nameText(name)}${space()}:${space()}${text}${space()}`).join(',')}}`;
}

test('results read from text are those that JSON.parse reads, bit for bit', () => {
  const ids = Array.from({ length: 30 }, (_, i) => i * 19289 + 1);
  const images = ids.map((id) => ({ id, file_name: `${id}.jpg`, width: 9, height: 9 }));
  const gt = new COCO({ images, annotations: [], categories: [] });
  const path = join(folder, 'results.json');
  for (const count of [1, 2, 60, 6000]) {
    const text = `${space()}[${Array.from({ length: count }, () => space() + resultText(ids) + space()).join(',')}]${space()}`;
    writeFileSync(path, text);
    const [read, parsed] = [gt.loadRes(path).table, gt.loadRes(JSON.parse(text) as CocoResult[]).table];
    assert.is(read.length, count);
    for (const column of ['images', 'categories', 'boxes', 'areas', 'scores', 'crowds'] as const) {
      const used = column === 'boxes' ? 4 * count : count;
      const bytes = [read, parsed].map((table) => Buffer.from(table[column].slice(0, used).buffer).toString('base64'));
      assert.ok(bytes[0] === bytes[1], `${column} of ${count} results`);
    }
  }
});

const scanned = (text: string) => {
  const scanner = new BoxScanner();
  const bytes = Buffer.from(text);
  return scanner.scan(bytes, 0, bytes.length) === bytes.length ? scanner : undefined;
};

test('numbers are as near as JSON.parse brings them', () => {
  const texts = [
    '0',
    '-0',
    '0.1',
    '9007199254740991',
    '9007199254740993',
    '0.30000000000000004',
    '1e22',
    '1.7976931348623157e308',
  ];
  texts.push(
    '123456789012345678',
    '5e-324',
    '2.2250738585072011e-308',
    '0.000000000000000000000001',
    '8.5E+2',
    '-12.75e-1',
  );
  for (let i = 0; i < 20_000; i++) texts.push(numberText());
  for (const text of texts) {
    const scanner = scanned(`{"image_id":1,"category_id":2,"bbox":[0,${text},1,2],"score":${text}}`);
    assert.ok(scanner, text);
    assert.ok(Object.is(scanner.score, JSON.parse(text)), `${text}: ${scanner.score}`);
    assert.ok(Object.is(scanner.box[1], JSON.parse(text)), `${text}: ${scanner.box[1]}`);
  }
});

test('a result with a key twice, which JSON.parse reads by its last, is refused', () => {
  const gt = new COCO({
    images: [{ id: 1, file_name: '1.jpg', width: 9, height: 9 }],
    annotations: [],
    categories: [],
  });
  const path = join(folder, 'twice.json');
  const result = '{"image_id":1,"category_id":2,"bbox":[1,2,3,4],"score":0.5}';
  for (const twice of [result.replace('}', ',"score":0.7}'), result.replace('}', ',"sc\\u006fre":0.7}')]) {
    writeFileSync(path, `[${[...Array(20).fill(result), twice, result]}]`);
    assert.throws(() => gt.loadRes(path), /\[20\] has the key "score" twice/);
  }
});

test('what is no such result is left to JSON', () => {
  const whole = '{"image_id":1,"category_id":2,"bbox":[1,2,3,4],"score":0.5}';
  assert.ok(scanned(whole));
  assert.ok(scanned(` \n${whole}`));
  assert.not(scanned(whole.replace('}', ',"score":0.5}')));
  for (let length = 0; length < whole.length; length++)
    assert.not(scanned(whole.slice(0, length)), whole.slice(0, length));
  for (const number of [
    '',
    '.5',
    '05',
    '1.',
    '1.e5',
    '1e',
    '1e+',
    '+1',
    '--1',
    '0x1',
    'NaN',
    '1e999',
    '"1"',
    'null',
    '1 2',
    '1_0',
  ]) {
    assert.not(scanned(whole.replace('0.5', number)), number);
    assert.not(scanned(whole.replace('[1,', `[${number},`)), number);
  }
  for (const other of [
    `${whole}}`,
    `${whole} 1`,
    whole.replace('[1,2,3,4]', '[1,2,3]'),
    whole.replace('[1,2,3,4]', '[1,2,3,4,5]'),
    whole.replace('[1,2,3,4]', '[1,2,3,4,]'),
    whole.replace('"score"', '"scores"'),
    whole.replace('"score":0.5', '"image_id":1'),
    whole.replace(',"score":0.5', ',"score":0.5,'),
    whole.replace(',"score":0.5', ''),
    whole.replace(':1', '=1'),
    `{${'"image_id":1,'.repeat(11)}"bbox":[1,2,3,4],"score":0.5}`,
    '{}',
    '[]',
    '1',
  ]) {
    assert.not(scanned(other), other);
  }
});

test.run();
