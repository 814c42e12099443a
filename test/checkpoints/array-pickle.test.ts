import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../checkpoints/index.ts';
import { ResnetCocoError } from '../../errors.ts';

const test = suite('pickles of arrays');
const folder = mkdtempSync(join(tmpdir(), 'array-pickle-'));
test.after(() => rmSync(folder, { recursive: true }));

// Opcodes of a pickle of protocol 2.
const text = (value: string) => {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('X'), length, bytes]);
};
const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
const whole = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return Buffer.concat([Buffer.from('J'), bytes]);
};
const tuple = (...items: Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]);
const op = (code: string) => Buffer.from(code, 'latin1');

interface ArrayParts {
  readonly shape?: readonly number[];
  readonly code?: string;
  readonly order?: string;
  readonly fortran?: boolean;
  /** One letter for each byte. */
  readonly raw?: string;
  readonly module?: string;
}

const FLOATS = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer).toString('latin1');

/** An array as numpy pickles it for Python 2: bytes are a text that is encoded again. */
function array({
  code = 'f4',
  fortran = false,
  module = 'numpy.core.multiarray',
  order = '<',
  raw = FLOATS,
  shape = [2, 3],
}: ArrayParts = {}) {
  const dtype = [
    global('numpy', 'dtype'),
    tuple(text(code), op('\x89'), op('\x88')),
    op('R'),
    tuple(whole(3), text(order), op('N'), op('N'), op('N'), whole(-1), whole(-1), whole(0)),
    op('b'),
  ];
  const bytes = [global('_codecs', 'encode'), tuple(text(raw), text('latin1')), op('R')];
  return Buffer.concat([
    ...[global(module, '_reconstruct'), tuple(global('numpy', 'ndarray'), tuple(whole(0)), text('b')), op('R')],
    tuple(whole(1), tuple(...shape.map(whole)), ...dtype, op(fortran ? '\x88' : '\x89'), ...bytes),
    op('b'),
  ]);
}

const pickleOf = (name: string, value: Buffer) =>
  Buffer.concat([op('\x80\x02}'), text('model'), op('}'), text(name), value, op('ss.')]);

async function opened(value: Buffer) {
  const path = join(folder, 'model.pkl');
  writeFileSync(path, value);
  return await openCheckpoint(path);
}

async function refusal(value: Buffer): Promise<ResnetCocoError> {
  try {
    (await opened(value)).close();
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    return error as ResnetCocoError;
  }
  throw new Error('it was opened');
}

test('arrays of old and new numpy are read, in either order of their elements', async () => {
  for (const module of ['numpy.core.multiarray', 'numpy._core.multiarray']) {
    for (const [fortran, numbers] of [
      [false, [1, 2, 3, 4, 5, 6]],
      [true, [1, 3, 5, 2, 4, 6]],
    ] as const) {
      const checkpoint = await opened(pickleOf('w', array({ module, fortran })));
      const { bytes, dtype, shape } = checkpoint.tensors.get('w')!;
      assert.equal([dtype, ...shape], ['F32', 2, 3]);
      assert.equal([...new Float32Array(bytes().buffer)], [...numbers]);
      checkpoint.close();
    }
  }
});

test('the bytes of a large array stay in the file until they are read', async () => {
  const numbers = Float32Array.from({ length: 1000 }, (_, i) => i / 7);
  const raw = Buffer.from(numbers.buffer).toString('latin1');
  const checkpoint = await opened(pickleOf('w', array({ raw, shape: [1000] })));
  assert.equal(new Float32Array(checkpoint.tensors.get('w')!.bytes().buffer), numbers);
  checkpoint.close();
});

test('what is no array of numbers is refused, and nothing is run', async () => {
  const call = Buffer.concat([global('os', 'system'), tuple(text('touch /tmp/was-run')), op('R')]);
  assert.is((await refusal(pickleOf('w', call))).code, 'UNSAFE_CHECKPOINT');
  const hidden = Buffer.concat([array(), op('0'), call]);
  assert.match((await refusal(pickleOf('w', hidden))).message, /'(os|posix)\.system'.*nothing was run/);
  assert.match((await refusal(pickleOf('w', array({ code: 'O8' })))).message, /objects of Python/);
  assert.match((await refusal(pickleOf('w', array({ code: 'c8' })))).message, /type c8/);
  assert.match((await refusal(pickleOf('w', array({ order: '>' })))).message, /big-endian/);
  assert.match(
    (await refusal(pickleOf('w', array({ shape: [2 ** 30, 2 ** 30] })))).message,
    /bytes where its shape needs|impossible shape/,
  );
  assert.match((await refusal(pickleOf('w', array({ shape: [-1] })))).message, /impossible shape/);
  const cut = pickleOf('w', array());
  const error = await refusal(cut.subarray(0, cut.length - 20));
  assert.is(error.code, 'BAD_CHECKPOINT');
  assert.match(error.message, /ends early/);
});

test.run();
