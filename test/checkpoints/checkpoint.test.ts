import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Checkpoint,
  openCheckpoint,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from '../../checkpoints/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { floatToHalf } from '../../io/half-floats.ts';
import { Random } from '../../io/random.ts';
import { fixturesDir, hasShared, sharedData } from '../shared-data.ts';
import { refused, zip } from './hostile-files.ts';

const test = suite('weight files');
const fixtures = join(fixturesDir, 'checkpoints');
const expected: Record<string, { shape: number[]; values: string[] }> = JSON.parse(
  readFileSync(join(fixtures, 'expected.json'), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
test.after(() => rmSync(folder, { recursive: true }));
const expectRefused = refused(folder);

function holdsExpected(checkpoint: Checkpoint): void {
  assert.equal([...checkpoint.tensors.keys()].sort(), Object.keys(expected).sort());
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const tensor = checkpoint.tensors.get(name)!;
    assert.equal([...tensor.shape], shape, name);
    const numbers = values.map((text) => Math.fround(Number(text.replace('inf', 'Infinity'))));
    toFloat32(tensor).forEach((value, i) => {
      assert.ok(Object.is(value, numbers[i]), `${name}[${i}]: ${value}, not ${numbers[i]}`);
    });
  }
}

for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.pth'))) {
  test(`${file} holds what torch saved`, async () => {
    const checkpoint = await openCheckpoint(join(fixtures, file));
    holdsExpected(checkpoint);
    checkpoint.close();
  });
}

test('safetensors: what is written is read, also after conversion', async () => {
  const source = await openCheckpoint(join(fixtures, 'zip-1.13.pth'));
  const file = join(folder, 'copy.safetensors');
  await writeSafetensors(file, source.tensors, { format: 'resnet-coco', config: '{"é": 1}' });
  const copy = await openCheckpoint(file);
  holdsExpected(copy);
  assert.equal(copy.metadata, { format: 'resnet-coco', config: '{"é": 1}' });
  assert.is(readFileSync(file).readUInt32LE(0) % 8, 0);
  copy.close();
  source.close();
});

test('half precision is rounded to nearest, ties to even', async () => {
  const values = Float32Array.of(
    1,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    65504,
    65519,
    65520,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -25,
    0,
    -0,
    Number.NaN,
    -Infinity,
    0.1,
  );
  const expectedHalves = [0x3c00, 0x3c00, 0x3c02, 0x7bff, 0x7bff, 0x7c00, 1, 0, 2, 0, 0x8000, 0x7e00, 0xfc00, 0x2e66];
  assert.equal([...floatToHalf(values)], expectedHalves);
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const tensor: StoredTensor = { dtype: 'F16', shape: [65536], bytes: () => new Uint8Array(all.slice().buffer) };
  const back = floatToHalf(toFloat32(tensor));
  all.forEach((bits, i) => {
    const isNumber = (bits & 0x7fff) <= 0x7c00;
    if (isNumber) assert.is(back[i], bits);
  });
});

test('a pickle that calls os.system is refused by name, in every layout', async () => {
  await expectRefused('classic.pth', Buffer.from("cos\nsystem\n(S'true'\ntR."), 'UNSAFE_CHECKPOINT', /os\.system/);
  const body = Buffer.from('\x80\x02cos\nsystem\nU\x04true\x85R.', 'latin1');
  await expectRefused('two.pth', body, 'UNSAFE_CHECKPOINT', /os\.system/);
  await expectRefused(
    'four.pth',
    Buffer.from('\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.', 'latin1'),
    'UNSAFE_CHECKPOINT',
    /os\.system/,
  );
  await expectRefused('zip.pth', zip({ 'archive/data.pkl': body }), 'UNSAFE_CHECKPOINT', /os\.system/);
  for (const name of [
    'builtins eval',
    'torch.hub load',
    'torch._utils _rebuild_tensor_evil',
    '__builtin__ getattr',
    'numpy load',
  ]) {
    const pickle = Buffer.from(`\x80\x02c${name.replace(' ', '\n')}\n.`, 'latin1');
    await expectRefused('name.pth', zip({ 'archive/data.pkl': pickle }), 'UNSAFE_CHECKPOINT');
  }
});

test('every truncation of every file is an error that names it', async () => {
  for (const name of ['zip-1.13.pth', 'legacy-1.13.pth', 'zip-2.13.pth']) {
    const whole = readFileSync(join(fixtures, name));
    for (let length = 0; length < whole.length; length += length < 200 ? 1 : 97) {
      await expectRefused(`short-${name}`, whole.subarray(0, length), 'BAD_CHECKPOINT');
    }
  }
  const file = join(folder, 'whole.safetensors');
  await writeSafetensors(file, new Map([['w', tensorOf([1, 2, 3])]]));
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length++) {
    await expectRefused('short.safetensors', whole.subarray(0, length), 'BAD_CHECKPOINT');
  }
});

test('flipped bits give an error or a checkpoint, never a crash', async () => {
  const random = new Random(7);
  for (const name of ['zip-1.13.pth', 'legacy-1.13.pth']) {
    const whole = readFileSync(join(fixtures, name));
    for (let i = 0; i < 300; i++) {
      const damaged = Buffer.from(whole);
      for (let k = 0; k < 3; k++) damaged[random.integer(damaged.length)] ^= 1 << random.integer(8);
      await expectRefused(`flipped-${name}`, damaged);
    }
  }
});

test('impossible sizes are refused before memory is asked for', async () => {
  const header = (json: string, length = json.length) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(length));
    return Buffer.concat([bytes, Buffer.from(json)]);
  };
  await expectRefused('a.safetensors', header('{"w":1}     ', 2 ** 60), 'BAD_CHECKPOINT', /1152921504606846976/);
  const entry = (text: string) => header(`{"w":{${text}}}`);
  const cases: [string, RegExp][] = [
    ['"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]', /impossible shape/],
    ['"dtype":"F32","shape":[-1],"data_offsets":[0,4]', /impossible shape/],
    ['"dtype":"F32","shape":[1.5],"data_offsets":[0,4]', /impossible shape/],
    ['"dtype":"F32","shape":[2],"data_offsets":[0,8]', /ends at byte 8/],
    ['"dtype":"F32","shape":[2],"data_offsets":[0,4]', /8 bytes, but data_offsets span 4/],
    ['"dtype":"F3","shape":[],"data_offsets":[0,4]', /unknown type "F3"/],
    ['"dtype":"toString","shape":[],"data_offsets":[0,4]', /unknown type/],
  ];
  for (const [text, pattern] of cases) await expectRefused('b.safetensors', entry(text), 'BAD_CHECKPOINT', pattern);
  await expectRefused('c.safetensors', header('{"__metadata__":{"a":1}}'), 'BAD_CHECKPOINT', /__metadata__/);
  await expectRefused('d.safetensors', header('{} trailing'), 'BAD_CHECKPOINT', /not JSON/);
  await expectRefused(
    'e.safetensors',
    Buffer.concat([header('{}'), Buffer.from('xx')]),
    'BAD_CHECKPOINT',
    /end at byte 0/,
  );
  await expectRefused('long.pth', Buffer.from('\x80\x02\x8b\xff\xff\xff\x7f', 'latin1'), 'BAD_CHECKPOINT');
  await expectRefused(
    'text.pth',
    Buffer.from('\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f', 'latin1'),
    'BAD_CHECKPOINT',
  );
});

test('a zip bomb is never unpacked', () =>
  expectRefused('bomb.pth', zip({ 'archive/data.pkl': Buffer.alloc(2 ** 26) }, true), 'BAD_CHECKPOINT', /compressed/));

test('files of other kinds are told apart', async () => {
  await expectRefused('gzip.pth', gzipSync('hello'), 'BAD_CHECKPOINT', /gunzip/);
  await expectRefused('text.pth', Buffer.from('just some text, nothing else'), 'BAD_CHECKPOINT', /not a weight file/);
  await expectRefused('empty.pth', new Uint8Array(0), 'BAD_CHECKPOINT', /0 bytes/);
  await expectRefused(
    'script.pth',
    zip({ 'm/data.pkl': Buffer.from('\x80\x02N.', 'latin1'), 'm/constants.pkl': Buffer.from('') }),
    'BAD_CHECKPOINT',
    /TorchScript/,
  );
  await expectRefused('other.pth', zip({ 'readme.txt': Buffer.from('hello') }), 'BAD_CHECKPOINT', /no data\.pkl/);
  await expectRefused(
    'nothing.pth',
    zip({ 'archive/data.pkl': Buffer.from('\x80\x02}.', 'latin1') }),
    'BAD_CHECKPOINT',
    /no tensors/,
  );
  for (const missing of [join(folder, 'absent.pth'), folder]) {
    await openCheckpoint(missing).then(
      () => assert.unreachable('it opened'),
      (error: ResnetCocoError) => assert.is(error.code, 'FILE_NOT_FOUND'),
    );
  }
});

(hasShared('cifar-weights') ? test : test.skip)('the published CIFAR checkpoints load', async () => {
  const tensors = {
    'resnet20-12fca82f.th': 97,
    'resnet32-d509ac18.th': 157,
    'resnet44-014dd654.th': 217,
    'resnet56-4bfd9763.th': 277,
  };
  for (const [name, count] of Object.entries(tensors)) {
    const checkpoint = await openCheckpoint(join(sharedData, 'cifar-weights', name));
    assert.is(checkpoint.tensors.size, count);
    assert.equal([...checkpoint.tensors.get('conv1.weight')!.shape], [16, 3, 3, 3]);
    assert.ok(toFloat32(checkpoint.tensors.get('linear.weight')!).every(Number.isFinite));
    checkpoint.close();
  }
});

function tensorOf(values: readonly number[]): StoredTensor {
  return { dtype: 'F32', shape: [values.length], bytes: () => new Uint8Array(Float32Array.from(values).buffer) };
}

test.run();
