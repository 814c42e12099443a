import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../../errors.ts';
import { structureProblem } from '../../../io/json/json-keys.ts';
import { readJsonFile, readJsonParts } from '../../../io/json/large-json.ts';
import { Random } from '../../../io/random.ts';

/** Bytes that are read from a file at a time. */
const CHUNK = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), 'large-json-'));
test.after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'file.json');

function read(content: string | Uint8Array): unknown {
  writeFileSync(path, content);
  return readJsonFile(path);
}

function failure(content: string | Uint8Array): ResnetCocoError {
  try {
    read(content);
  } catch (error) {
    assert.instance(error, ResnetCocoError, (error as Error).stack);
    assert.ok((error as Error).message.startsWith(path), (error as Error).message);
    return error as ResnetCocoError;
  }
  throw new Error(`nothing was thrown for ${content.slice(0, 100)}`);
}

const pick = <T>(random: Random, options: readonly T[]): T => options[random.integer(options.length)];
const texts = [
  '',
  'a',
  '"',
  '\\',
  '\\"',
  'é',
  '€uro',
  '😀',
  '\u0000',
  '\n',
  ']}',
  '[{',
  ',:',
  '\u2028',
  '\\u0041',
  '/',
  ' ',
];

/** Any JSON, in any of the ways to write it. */
function jsonText(random: Random, depth: number): string {
  const space = () => (random.uniform() < 0.7 ? '' : pick(random, [' ', '\n', '\t', '\r\n  ']));
  const text = () => {
    const value = Array.from({ length: random.integer(4) }, () => pick(random, texts)).join('');
    const written = JSON.stringify(value);
    return random.uniform() < 0.2 ? written.replace('/', '\\/').replace('é', '\\u00e9') : written;
  };
  const kind = depth ? random.integer(7) : random.integer(5);
  const list = (item: () => string) =>
    Array.from({ length: random.integer(5) }, () => space() + item() + space()).join(',');
  if (kind === 5) return `[${list(() => jsonText(random, depth - 1)) || space()}]`;
  if (kind === 6) {
    const field = () => pick(random, ['"a"', '"b"', '"1"', '"__proto__"', text()]);
    const used = new Set<unknown>();
    const item = (): string => {
      for (;;) {
        const key = field();
        if (used.has(JSON.parse(key))) continue;
        used.add(JSON.parse(key));
        return `${key}${space()}:${space()}${jsonText(random, depth - 1)}`;
      }
    };
    return `{${list(item) || space()}}`;
  }
  if (kind === 4) return text();
  return pick(random, ['0', '-1.5e-3', '12', '1E5', 'true', 'false', 'null', '""', '123456789.125']);
}

test('any JSON is read as JSON.parse reads it', () => {
  const random = new Random(1);
  for (let i = 0; i < 500; i++) {
    const text = `${pick(random, ['', ' ', '\n'])}${jsonText(random, i % 5)}${pick(random, ['', '\n', ' \t'])}`;
    assert.equal(read(text), JSON.parse(text), text);
  }
});

test('values that lie across the end of a chunk are read as any other', () => {
  // Every kind of thing with its parts at each place around the boundary.
  const values = ['"a\\"b"', '"\\\\"', '"é€😀"', '"\\u00e9"', '-12.5e-3', '{"a": [{}, "]"]}'];
  const head = '{"list": ["';
  const most = 64;
  writeFileSync(path, head + 'y'.repeat(CHUNK - most - head.length));
  const file = openSync(path, 'r+');
  for (const value of values) {
    const length = Buffer.byteLength(value);
    for (let before = 0; before <= length + 2; before++) {
      const pad = most - 3 - before;
      ftruncateSync(file, CHUNK - most);
      writeSync(file, `${'y'.repeat(pad)}", ${value} , 5], "single": ${value}}`, CHUNK - most);
      const { list, single } = readJsonFile(path) as { list: unknown[]; single: unknown };
      assert.equal(list.slice(1), [JSON.parse(value), 5], `${value} ${before} bytes before the boundary`);
      assert.is((list[0] as string).length, CHUNK - most - head.length + pad);
      assert.equal(single, JSON.parse(value));
    }
  }
  closeSync(file);
});

test('a list in many batches, an element larger than a chunk, a field beside it', () => {
  const elements = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `é${id}`, box: [id / 3, -id, 1e-7] }));
  const big = { text: '€'.repeat(CHUNK), nested: [['z'.repeat(CHUNK)]] };
  const content = { before: [], list: [...elements, big, ...elements.slice(0, 5)], after: big };
  assert.equal(read(JSON.stringify(content, null, 1)), content);
  assert.equal(read(JSON.stringify(content.list)), content.list);

  const parts = [...readJsonParts(pathToFileURL(path))].filter((part) => 'elements' in part);
  assert.ok(parts.length > 3);
  let next = 0;
  for (const { elements } of parts) {
    assert.is(elements.first, next);
    next += elements.count;
  }
  assert.is(next, content.list.length);
});

test('elements are parsed one by one as they are together', () => {
  writeFileSync(path, '{"a": [1 , "x,y" ,{"b": [2, 3]},  null,[ ]], "c": 7, "d": [ ]}');
  const seen: unknown[] = [];
  for (const part of readJsonParts(path)) {
    if ('value' in part) seen.push([part.field, part.value]);
    else {
      const { elements } = part;
      seen.push([part.field, elements.parse(), Array.from(elements.ends, (_, i) => elements.parseOne(i))]);
    }
  }
  const a = [1, 'x,y', { b: [2, 3] }, null, []];
  assert.equal(seen, [
    ['a', a, a],
    ['c', 7],
    ['d', [], []],
  ]);
});

test('a byte order mark is passed over, where it is whole and first', () => {
  assert.equal(read('\ufeff{"a": [1]}'), { a: [1] });
  assert.equal(read('\ufeff 5'), 5);
  assert.match(failure('\ufeff').message, 'is empty');
  const mark = Buffer.from('\ufeff');
  for (const bytes of [
    [mark.subarray(0, 2), '{}'],
    [mark.subarray(0, 1), 'ab{}'],
    [' ', mark, '{}'],
    [mark, mark, '{}'],
  ]) {
    failure(Buffer.concat(bytes.map((part) => Buffer.from(part as string))));
  }
});

test('a file that is cut anywhere says where it ends', () => {
  const text =
    ' {"info": {"é": "a\\"b\\\\"}, "images": [ {"id": 1, "x": [1.5, -2e3]}, {"id": 2} ], "n": -12, "e": [], "t": true} ';
  assert.equal(read(text), JSON.parse(text));
  const bytes = Buffer.from(text);
  for (let length = 0; length < bytes.length - 1; length++) {
    const { code, message } = failure(bytes.subarray(0, length));
    assert.is(code, 'BAD_DATASET');
    if (length < 2) assert.match(message, 'is empty');
    else assert.match(message, `is not whole: it ends after ${length} bytes, at `);
  }
});

test('what is not JSON is named with its place', () => {
  const odd: readonly [text: string, message: string][] = [
    ['', 'is empty'],
    [' \n\t', 'is empty'],
    ['x', 'the file is not JSON'],
    ['nul', 'the file is not JSON'],
    ['{"a": 1} x', 'after 9 bytes it wants the end of the file and has x'],
    ['[1] [2]', 'after 4 bytes it wants the end of the file and has [2]'],
    ['5 5', 'after 2 bytes it wants the end of the file'],
    ['{]', 'after 1 bytes it wants the name of a field and has ]'],
    ['[}', '[0]'],
    ['[{]', 'is not whole: it ends after 3 bytes, at [0]'],
    ['[{]]', '[0] is not JSON'],
    ['{"a": {]}}', 'a is not JSON'],
    ['{"a": [1, {"b": 2]}, 3]}', "after 18 bytes it wants ',' or ']' after a[1] and has }, 3]}"],
    ['{"a": [}]}', 'a[0]'],
    ['{"a": NaN}', 'a is not JSON: JSON has no NaN'],
    ['[1, -Infinity]', '[1] is not JSON: JSON has no Infinity'],
    ['{"a": [1, {"b": NaN}]}', 'a[1] is not JSON: JSON has no NaN; it reads {"b": NaN}'],
    ['[1, , 2]', '[1] is not JSON'],
    ['[1, 2, ]', '[2] is not JSON: there is no value; is a comma too many?'],
    ['[,]', '[0] is not JSON'],
    ['[1 2]', "after 3 bytes it wants ',' or ']' after [0] and has 2]"],
    ['{"a": 1, }', 'after 9 bytes it wants the name of a field'],
    ['{"a" 1}', 'after 5 bytes it wants \':\' after "a"'],
    ['{"a": 1 "b": 2}', "after 8 bytes it wants ',' or '}' after a"],
    ['{"a": }', 'a is not JSON'],
    ['{a: 1}', 'wants the name of a field'],
    ["{'a': 1}", 'wants the name of a field'],
    ['{"a": [1], // no\n}', 'wants the name of a field'],
    ['["\n"]', '[0] is not JSON'],
    ['[01]', '[0] is not JSON'],
    ['[1.]', '[0] is not JSON'],
    ['["\\x"]', '[0] is not JSON'],
    ['{"\\x": 1}', 'is not JSON'],
    [`[${'[1], '.repeat(70_000)}[2}]`, '[70000]'],
  ];
  for (const [text, message] of odd) {
    assert.throws(() => JSON.parse(text), undefined, text);
    assert.ok(failure(text).message.includes(message), `${text.slice(0, 50)}: ${failure(text).message}`);
  }
});

test('one byte changed or left out anywhere: what JSON.parse refuses is refused, all else read alike', () => {
  const random = new Random(2);
  const text = '{"info":{"a":"b\\n"},"images":[{"id":1,"x":[1.5,-2e3]},{"id":2},"t",[[]]],"n":null,"e":[]}';
  for (let i = 0; i < 500; i++) {
    const at = random.integer(text.length);
    const put = pick(random, ['', ...'{}[]",:\\ 0-e.tn']);
    const changed = text.slice(0, at) + put + text.slice(at + 1);
    let parsed: unknown;
    try {
      parsed = JSON.parse(changed);
    } catch {
      failure(changed);
      continue;
    }
    if (structureProblem(changed) === undefined) assert.equal(read(changed), parsed, changed);
    else assert.match(failure(changed).message, /has the key ".*" twice/);
  }
});

test('a key that is there twice is refused with its place, wherever it is', () => {
  const many = (element: string) => `{"images": [${`${element}, `.repeat(50_000)}${element}]}`;
  const twice: readonly [text: string, place: string][] = [
    ['{"images": [], "annotations": [{"id": 1}], "annotations": []}', 'has the key "annotations" twice'],
    ['{"a": 1, "\\u0061": 2}', 'has the key "a" twice'],
    ['[{"id": 1}, {"id": 1, "box": 3, "id": 2}]', '[1] has the key "id" twice'],
    ['{"x": [{"s": {"size": [1], "counts": "a:b", "size": [2]}}]}', 'x[0] has the key "size" twice'],
    ['{"x": [{"list": [1, {"a": 1, "b": [{"a": 2}], "a": 3}]}]}', 'x[0] has the key "a" twice'],
    ['{"info": {"year": 1, "year": 2}}', 'info has the key "year" twice'],
    ['[{"a\\"": 1, "a\\u0022": 2}]', '[0] has the key "a\\"" twice'],
    [many('{"id": 1, "x": 2}').replace(/2}]}$/, '2, "x": 3}]}'), 'images[50000] has the key "x" twice'],
    [many('{"id": 1, "name": 2}').replace(/"name": 2}]}$/, '"id": 3}]}'), 'images[50000] has the key "id" twice'],
  ];
  for (const [text, place] of twice) assert.ok(failure(text).message.includes(place), failure(text).message);
  const once = [
    '{"a": [{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}], "b": "a", "c": ["a", "a"]}',
    '[{"a": "b\\": ", "b": "a"}, {"ab": 1, "a": 2, "b": 3}, {"__proto__": 1}]',
    many('{"id": 1, "x": {"id": 2}}'),
  ];
  for (const text of once) assert.equal(read(text), JSON.parse(text));
});

test('values too deep or too long are refused', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ]) {
    const deep = (levels: number) => `{"x": [${open.repeat(levels)}1${close.repeat(levels)}]}`;
    writeFileSync(path, deep(100));
    assert.ok(readJsonFile(path));
    for (const levels of [101, 1_000_000]) {
      writeFileSync(path, deep(levels));
      assert.throws(() => readJsonFile(path), /nests deeper than 100 levels, at byte/);
    }
  }
  writeFileSync(path, `["${'a'.repeat(70_000_000)}"]`);
  assert.throws(() => readJsonFile(path), /has a value of more than 67108864 bytes/);
});

test('UTF-16 is called by its name', () => {
  for (const mark of ['', '\uFEFF']) {
    const bytes = Buffer.from(`${mark}{"a": 1}`, 'utf16le');
    assert.match(failure(bytes).message, /is text in UTF-16, as it seems/);
    assert.match(failure(Buffer.from(bytes).swap16()).message, /is text in UTF-16, as it seems/);
  }
});

test('UTF-32 is called by its name', () => {
  for (const mark of ['', '\uFEFF']) {
    const units = Uint32Array.from(`${mark}{"a": 1}`, (character) => character.codePointAt(0)!);
    const bytes = Buffer.from(units.buffer);
    assert.match(failure(bytes).message, /is text in UTF-32, as it seems/);
    assert.match(failure(Buffer.from(bytes).swap32()).message, /is text in UTF-32, as it seems/);
  }
});

test('letters of another encoding are refused with their place, not read as others', () => {
  const latin1 = (text: string) => failure(Buffer.from(text, 'latin1')).message;
  assert.match(latin1('{"a": [{"name": "b"}, {"name": "Caf\u00e9"}]}'), /a\[1\] is not text in UTF-8/);
  assert.match(latin1('[1, "\u00e9"]'), /\[1\] is not text in UTF-8/);
  assert.match(latin1('{"a": "\u00e9"}'), /is not text in UTF-8/);
  assert.match(latin1('{"\u00e9": 1}'), /is not text in UTF-8/);
  assert.equal(read('[{"name": "Café 猫 😀"}]'), [{ name: 'Café 猫 😀' }]);
});

test('a file that is not there or cannot be read', () => {
  const code = (file: string) => {
    try {
      readJsonFile(file, 'BAD_RESULTS');
    } catch (error) {
      return (error as ResnetCocoError).code;
    }
    return undefined;
  };
  assert.is(code(join(folder, 'nowhere.json')), 'FILE_NOT_FOUND');
  assert.is(code(folder), 'FILE_NOT_FOUND');
  writeFileSync(path, '[');
  assert.is(code(path), 'BAD_RESULTS');
});

test.run();
