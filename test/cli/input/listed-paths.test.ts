import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listedPaths } from '../../../cli/input/listed-paths.ts';
import { ResnetCocoError } from '../../../errors.ts';

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const swapped = (text: string): Buffer => utf16(text).swap16();

test('UTF-16, with and without a byte-order mark, in either order', () => {
  for (const encoded of [utf16, swapped]) {
    assert.equal(listedPaths(encoded('\uFEFFa.jpg\r\nsub/図.jpg\r\n')), ['a.jpg', 'sub/図.jpg']);
    assert.equal(listedPaths(encoded('a.jpg\r\nsub/b.jpg\r\n')), ['a.jpg', 'sub/b.jpg']);
    assert.equal(listedPaths(encoded('a.jpg')), ['a.jpg']);
    assert.equal(listedPaths(encoded('\uFEFFphotos')), ['photos']);
  }
});

test('UTF-8, with and without a mark, by lines and by NUL characters', () => {
  for (const mark of ['', '\uFEFF']) {
    assert.equal(listedPaths(Buffer.from(`${mark}a.jpg\r\nb c.jpg\nd.jpg\r\n`)), ['a.jpg', 'b c.jpg', 'd.jpg']);
    assert.equal(listedPaths(Buffer.from(`${mark}a\nb.jpg\0c.jpg\0`)), ['a\nb.jpg', 'c.jpg']);
  }
  assert.equal(listedPaths(Buffer.from('./a\0./b\0')), ['./a', './b']);
  assert.equal(listedPaths(Buffer.from('1\x002\x003\x004\x005\0')), ['1', '2', '3', '4', '5']);
  assert.equal(listedPaths(Buffer.from('.\0')), ['.']);
  assert.equal(listedPaths(Buffer.alloc(0)), []);
});

test('a damaged list is refused', () => {
  for (const bytes of [utf16('\uFEFFa.jpg\n').subarray(0, -1), Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0])]) {
    assert.throws(
      () => listedPaths(bytes),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'USAGE' && /stdin/.test(error.message),
    );
  }
});

test.run();
