import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ResnetCocoError } from '../../errors.ts';
import { NpyFile, readNpy } from '../../io/npy.ts';

const test = suite('npy');
const folder = mkdtempSync(join(tmpdir(), 'npy-'));
test.after(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'a.npy');

/** A file as numpy.save writes it: magic, version, length of the header, the header, the numbers. */
function npy(header: string, numbers: Uint8Array, version = 1): string {
  const text = Buffer.from(header, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  writeFileSync(
    path,
    Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, text, numbers]),
  );
  return path;
}

const bytesOf = (data: Float32Array | Float64Array) => new Uint8Array(data.buffer);
const header = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

test('a file is what numpy.save writes, however many rows it gets', async () => {
  const file = await NpyFile.create(path, 3);
  await file.push(Float32Array.of(1, 2, 3));
  await file.push(Float32Array.of(4, 5, 6).subarray(0));
  await file.push(new Float32Array([0, 7, 8, 9]).subarray(1));
  assert.equal(
    readdirSync(folder).filter((name) => name.endsWith('.npy')),
    [],
  );
  await file.commit();
  const bytes = readFileSync(path);
  assert.is(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
  const length = bytes.readUInt16LE(8);
  assert.is((10 + length) % 64, 0);
  assert.match(
    bytes.toString('latin1', 10, 10 + length),
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 3\), \} +\n$/,
  );
  assert.equal(
    new Float32Array(new Uint8Array(bytes.subarray(10 + length)).buffer),
    Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
  );
  assert.equal(readNpy(path, 'BAD_RESULTS'), { rows: 3, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) });
});

test('no rows are a matrix too, and what is discarded leaves nothing', async () => {
  const file = await NpyFile.create(path, 5);
  await file.commit();
  assert.equal(readNpy(path, 'BAD_RESULTS'), { rows: 0, columns: 5, data: new Float32Array(0) });
  const other = await NpyFile.create(join(folder, 'b.npy'), 5);
  await other.push(new Float32Array(5));
  await other.discard();
  assert.equal(readdirSync(folder), ['a.npy']);
});

test('headers of numpy\u2019s versions, in any order of keys, single and double precision', () => {
  const data = Float32Array.of(1.5, -2, 3, 4);
  const expected = { rows: 2, columns: 2, data };
  assert.equal(readNpy(npy(header('<f4', '(2, 2)'), bytesOf(data)), 'BAD_RESULTS'), expected);
  assert.equal(readNpy(npy(header('<f4', '(2, 2)'), bytesOf(data), 2), 'BAD_RESULTS'), expected);
  assert.equal(readNpy(npy(header('<f8', '(2, 2)'), bytesOf(Float64Array.from(data))), 'BAD_RESULTS'), expected);
  const turned = "{'shape': (2,2), 'descr': '<f4', 'fortran_order': False}";
  assert.equal(readNpy(npy(turned, bytesOf(data)), 'BAD_RESULTS'), expected);
});

test('what is no such matrix is refused, saying why', () => {
  const numbers = bytesOf(Float32Array.of(1, 2, 3, 4));
  const refuses = (file: string, message: RegExp) => {
    try {
      readNpy(file, 'BAD_RESULTS');
    } catch (error) {
      assert.is((error as ResnetCocoError).code, 'BAD_RESULTS');
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable(`${message}`);
  };
  refuses(npy(header('<f2', '(2, 2)'), numbers), /elements of the type <f2, not float32; save it with numpy\.save/);
  refuses(npy(header('>f4', '(2, 2)'), numbers), /type >f4/);
  refuses(npy(header('|O', '(2, 2)'), numbers), /type \|O/);
  refuses(npy(header('<f4', '(2, 2)', 'True'), numbers), /Fortran order/);
  refuses(npy(header('<f4', '(4,)'), numbers), /has 1 dimensions, not 2/);
  refuses(npy(header('<f4', '(1, 2, 2)'), numbers), /has 3 dimensions, not 2/);
  refuses(npy(header('<f4', '(3, 2)'), numbers), /has 16 bytes of numbers, but its shape 3 × 2 needs 24/);
  refuses(npy(header('<f4', '(1, 2)'), numbers), /has 16 bytes of numbers, but its shape 1 × 2 needs 8/);
  refuses(npy(header('<f4', '(99999999999, 99999)'), numbers), /more than/);
  refuses(npy('nothing', numbers), /header that is not numpy's: nothing/);
  writeFileSync(path, '\x93NUMPY\x01\x00\xff\x00{', 'latin1');
  refuses(path, /ends within its header/);
  writeFileSync(path, '\x93NUMPY\x01', 'latin1');
  refuses(path, /ends within its header/);
  writeFileSync(path, 'PK\x03\x04 and more of a zip');
  refuses(path, /no array of numpy's/);
});

test.run();
