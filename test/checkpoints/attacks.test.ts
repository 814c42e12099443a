import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint, type StoredTensor, toFloat32, writeSafetensors } from '../../checkpoints/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { fixturesDir } from '../shared-data.ts';
import { refused, safetensors, zip } from './hostile-files.ts';

const test = suite('hostile and odd weight files');
const fixtures = join(fixturesDir, 'checkpoints');
const folder = mkdtempSync(join(tmpdir(), 'attacks-'));
test.after(() => rmSync(folder, { recursive: true }));
const expectRefused = refused(folder);

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const repeated = (text: string, times: number): Buffer => bytes(text.repeat(times));
/** Opcodes (Python's `pickletools`): a short text, a number below 256, a list of `items`. */
const text = (value: string): string => `\x8c${String.fromCharCode(value.length)}${value}`;
const number = (value: number): string => `K${String.fromCharCode(value)}`;
const natural = (value: bigint): string => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64LE(value);
  return `\x8a\x08${buffer.toString('latin1')}`;
};
const tuple = (...items: string[]): string => `(${items.join('')}t`;
const float = 'ctorch\nFloatStorage\n';
const storage = (key: string, length: string, ...view: string[]): string =>
  `${tuple(text('storage'), float, text(key), text('cpu'), length, ...view)}Q`;
const rebuild = (source: string, offset: string, shape: string, strides: string): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n${tuple(source, offset, shape, strides, '\x89', 'N')}R`;
const dict = (...entries: [string, string][]): string =>
  `}(${entries.map(([key, value]) => text(key) + value).join('')}u`;
const pickle = (body: string): Buffer => bytes(`\x80\x04${body}.`);

/** A checkpoint in the zip layout of one storage, '0'. */
const archive = (root: string | Buffer, data: Buffer = Buffer.alloc(16)): Buffer =>
  zip({ 'archive/data.pkl': typeof root === 'string' ? pickle(root) : root, 'archive/data/0': data });

/** Memo 0 is a list; each further memo a list that has the one before twice: 2⁶⁰ parts at the end. */
const laughs = `]\x94${Array.from({ length: 60 }, (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}e\x94`).join('')}`;

test('pickles made to exhaust time or memory are refused', async () => {
  const pairs = bytes(`(${`${number(1)}${number(2)}\x86`.repeat(200_000)}l\x94`);
  const bombs: Record<string, Buffer> = {
    dictionaries: repeated('}', 3_900_000),
    sets: repeated('\x8f', 3_900_000),
    lists: repeated(']', 3_900_000),
    marks: repeated('(', 3_900_000),
    memo: Buffer.concat([bytes('N'), repeated('\x94', 3_900_000)]),
    'a list copied again and again': Buffer.concat([
      pairs,
      bytes('ccollections\nOrderedDict\n\x94'),
      repeated('h\x01h\x00\x85R', 300_000),
    ]),
    'a name of 2⁶⁰ parts': bytes(`${laughs}\x93`),
    'a storage key of 2⁶⁰ parts': bytes(`${laughs}0${tuple(text('storage'), float, 'h\x3c', text('cpu'), number(1))}Q`),
    'a size of 2⁶⁰ parts': bytes(rebuild(storage('0', `${laughs}`), number(0), tuple(number(1)), tuple(number(1)))),
    'a text longer than the file': bytes('\x8d\xff\xff\xff\xff\x00\x00\x00\x00'),
    'bytes longer than the file': bytes('\x8e\xff\xff\xff\xff\xff\xff\xff\x7f'),
    'a number of 2³⁰ bytes': bytes('\x8b\x00\x00\x00\x40'),
  };
  for (const [name, body] of Object.entries(bombs)) {
    const content = Buffer.concat([bytes('\x80\x04'), body, bytes('.')]);
    await expectRefused(`${name} in a zip.pth`, archive(content), 'BAD_CHECKPOINT');
    await expectRefused(`${name}.pth`, content, 'BAD_CHECKPOINT');
  }
});

test('dictionaries that lie in themselves end', async () => {
  const wrapped = `}\x94(${['state_dict', 'model', 'net', 'weights'].map((key) => `${text(key)}h\x00`).join('')}u`;
  await expectRefused('cycle.pth', archive(wrapped), 'BAD_CHECKPOINT', /no tensors/);
});

test('a tensor reaches no further than its storage', async () => {
  const shape = (...sizes: string[]) => tuple(...sizes);
  const tensor = (length: string, offset: string, sizes: string, strides: string) =>
    archive(dict(['w', rebuild(storage('0', length), offset, sizes, strides)]));
  const four = number(4);
  const huge = natural(2n ** 60n);
  const cases: [Buffer, RegExp][] = [
    [tensor(four, number(1), shape(four), shape(number(1))), /beyond its storage/],
    [tensor(four, number(0), shape(number(2)), shape(four)), /beyond its storage/],
    [tensor(number(5), number(0), shape(number(5)), shape(number(1))), /beyond its storage/],
    [tensor(four, number(0), shape(number(2)), shape(natural(2n ** 52n))), /beyond its storage/],
    [tensor(four, number(0), shape(huge), shape(number(1))), /size of/],
    [tensor(four, number(0), shape(natural(-4n)), shape(number(1))), /size of -4/],
    [tensor(four, natural(-1n), shape(four), shape(number(1))), /size of -1/],
    [tensor(natural(-1n), number(0), shape(four), shape(number(1))), /size of -1/],
    [tensor(four, number(0), shape(four, four), shape(number(1))), /impossible shape/],
    [tensor(four, number(0), shape(...Array.from({ length: 40 }, () => number(1))), shape()), /not a list of sizes/],
    [tensor(four, number(0), shape(natural(2n ** 40n)), shape(number(0))), /swell/],
  ];
  for (const [i, [content, pattern]] of cases.entries()) {
    await expectRefused(`reach-${i}.pth`, content, 'BAD_CHECKPOINT', pattern);
  }
  const many = Array.from({ length: 9 }, (_, i): [string, string] => [
    `w${i}`,
    rebuild(storage('0', four), number(0), shape(natural(2n ** 21n)), shape(number(0))),
  ]);
  await expectRefused('many.pth', archive(dict(...many)), 'BAD_CHECKPOINT', /swell/);
});

test('the older layout: storages that are parts of others', async () => {
  const header = ['\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19', 'M\xe9\x03'];
  const view = tuple(text('own key'), number(2), number(3));
  const root = dict(['w', rebuild(storage('whole', number(6), view), number(1), tuple(number(2)), tuple(number(1)))]);
  const count = Buffer.alloc(8);
  count.writeBigInt64LE(6n);
  const numbers = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
  const system = dict(['little_endian', '\x88']);
  const keys = `](${text('whole')}e`;
  const content = Buffer.concat([...[...header, system, root, keys].map(pickle), count, numbers]);
  const file = join(folder, 'views.pth');
  writeFileSync(file, content);
  const checkpoint = await openCheckpoint(file);
  assert.equal([...toFloat32(checkpoint.tensors.get('w')!)], [3, 4]);
  checkpoint.close();
  const big = Buffer.concat([...[...header, dict(['little_endian', '\x89']), root, keys].map(pickle), count, numbers]);
  await expectRefused('big-endian.pth', big, 'BAD_CHECKPOINT', /big-endian/);
  for (const claimed of [-1n, 7n, 2n ** 62n]) {
    count.writeBigInt64LE(claimed);
    const short = Buffer.concat([...[...header, system, root, keys].map(pickle), count, numbers]);
    await expectRefused('count.pth', short, 'BAD_CHECKPOINT', /ends within storage/);
  }
});

test('archives: many files, missing storages, claims of a zip bomb', async () => {
  const root = dict(['w', rebuild(storage('0', number(4)), number(0), tuple(number(4)), tuple(number(1)))]);
  const crowd = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`archive/data/${i}`, Buffer.alloc(16)]));
  const file = join(folder, 'crowd.pth');
  writeFileSync(file, zip({ 'archive/data.pkl': pickle(root), ...crowd }));
  const checkpoint = await openCheckpoint(file);
  assert.is(checkpoint.tensors.size, 1);
  checkpoint.close();
  await expectRefused(
    'missing.pth',
    zip({ 'archive/data.pkl': pickle(root) }),
    'BAD_CHECKPOINT',
    /data\/0' is missing/,
  );
  await expectRefused('short.pth', archive(root, Buffer.alloc(15)), 'BAD_CHECKPOINT', /beyond its storage/);
  const order = zip({ 'a/data.pkl': pickle(root), 'a/byteorder': Buffer.from('big'), 'a/data/0': Buffer.alloc(16) });
  await expectRefused('order.pth', order, 'BAD_CHECKPOINT', /big-endian/);
});

test('a safetensors header of any length is told from a pickle', async () => {
  const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  for (const length of [0x80, 0x63, 0x128, 0x1f0, 0x8b1f]) {
    const file = join(folder, 'header.safetensors');
    writeFileSync(file, safetensors(header, Buffer.from(Float32Array.of(2.5).buffer), length));
    const checkpoint = await openCheckpoint(file);
    assert.is(toFloat32(checkpoint.tensors.get('w')!)[0], 2.5);
    checkpoint.close();
  }
});

test('safetensors headers that are JSON but not honest', async () => {
  const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
  const cases: [string, RegExp][] = [
    [`{"w":${entry},"w":${entry}}`, /"w" twice/],
    [`{"w":${entry},"\\u0077":${entry}}`, /"w" twice/],
    ['{"__metadata__":{"a":"1","a":"2"}}', /"a" twice/],
    ['{"w":{"dtype":"U8","shape":[[[]]],"data_offsets":[0,0]}}', /nested/],
    [`{"w":${'['.repeat(2_000_000)}`, /nested/],
    [`{${' '.repeat(10_000_000)}}`, /claims 10000002 bytes/],
    ['{"w":{"dtype":"U8","shape":[2],"data_offsets":[-2,0]}}', /impossible data_offsets/],
    ['{"w":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}', /span -2/],
  ];
  for (const [header, pattern] of cases)
    await expectRefused('h.safetensors', safetensors(header), 'BAD_CHECKPOINT', pattern);
  const overlap =
    '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}';
  await expectRefused('o.safetensors', safetensors(overlap, Buffer.alloc(3)), 'BAD_CHECKPOINT', /begins at byte 1/);
});

test('safetensors: written in the order of the official library, whatever the names', async () => {
  const file = join(folder, 'order.safetensors');
  const dtypes = { b: 'F16', a: 'F32', é: 'I64', '10': 'BF16', '9': 'U8', B: 'F16' } as const;
  const tensors = new Map<string, StoredTensor>(
    [...Object.entries(dtypes), ['__proto__', 'BOOL'] as const].map(([name, dtype]) => [
      name,
      { dtype, shape: [0], bytes: () => new Uint8Array(0) },
    ]),
  );
  await writeSafetensors(file, tensors);
  const content = readFileSync(file);
  const names = [
    ...content
      .subarray(8)
      .toString()
      .matchAll(/"([^"]+)":\{/g),
  ].map(([, name]) => name);
  assert.equal(names, ['é', 'a', '10', 'B', 'b', '9', '__proto__']);
  const checkpoint = await openCheckpoint(file);
  assert.is(checkpoint.tensors.size, 7);
  checkpoint.close();
});

test('what is no weight file at all is named', async () => {
  await expectRefused(
    'lfs',
    Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
    'BAD_CHECKPOINT',
    /git lfs pull/,
  );
  await expectRefused('page', Buffer.from('\n<!DOCTYPE html><title>404</title>'), 'BAD_CHECKPOINT', /web page/);
  await expectRefused('escape', archive('cos\n\x1b[2J\n'), 'UNSAFE_CHECKPOINT', /'os\.\?\[2J'/);
});

(process.platform === 'win32' ? test.skip : test)('a pipe is refused, not waited for', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await openCheckpoint(pipe).then(
    () => assert.unreachable('it opened'),
    (error: ResnetCocoError) => assert.is(error.code, 'FILE_NOT_FOUND'),
  );
});

test('a checkpoint that is closed, or whose file shrinks, gives an error and no numbers', async () => {
  const codeOf = (read: () => unknown): string => {
    try {
      read();
    } catch (error) {
      return (error as ResnetCocoError).code;
    }
    return 'none';
  };
  for (const [name, source] of [
    ['x.pth', 'zip-2.13.pth'],
    ['y.pth', 'legacy-1.13.pth'],
  ]) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(join(fixtures, source)));
    const checkpoint = await openCheckpoint(file);
    const tensor = checkpoint.tensors.get('float')!;
    truncateSync(file, 100);
    assert.is(
      codeOf(() => tensor.bytes()),
      'BAD_CHECKPOINT',
    );
    checkpoint.close();
    checkpoint.close();
    assert.is(
      codeOf(() => tensor.bytes()),
      'DISPOSED',
    );
  }
});

test('numbers are read from wherever their bytes lie in memory', () => {
  const pool = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const tensor: StoredTensor = { dtype: 'F32', shape: [2], bytes: () => pool.subarray(4, 12) };
  assert.equal([...toFloat32(tensor)], [2, 3]);
  const longs = new BigInt64Array([0n, -1n, 1n, -(2n ** 40n), 2n ** 53n, -(2n ** 63n)]);
  const whole: StoredTensor = { dtype: 'I64', shape: [6], bytes: () => new Uint8Array(longs.buffer) };
  assert.equal([...toFloat32(whole)], [0, -1, 1, -(2 ** 40), 2 ** 53, -(2 ** 63)]);
});

test.run();
