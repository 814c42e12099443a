import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readImage, readImageSize } from '../../../datasets/index.ts';
import { imagesDir } from './test-picture.ts';
import { grayPng, pngChunk } from './test-png.ts';

const test = suite('orientation');
const folder = mkdtempSync(join(tmpdir(), 'orientation-'));
test.after(() => rmSync(folder, { recursive: true }));

/** An entry of a TIFF directory; a value of more than four bytes lies behind the directory. */
interface Entry {
  readonly tag?: number;
  readonly type: number;
  readonly count?: number;
  readonly value: Buffer;
}

const swapped = (value: Buffer, type: number): Buffer => {
  const size = type === 3 || type === 8 ? 2 : [4, 5, 9, 10, 11, 13].includes(type) ? 4 : type > 11 ? 8 : 1;
  const out = Buffer.from(value);
  for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
};

/** A TIFF block of little- or big-endian numbers, as EXIF has it; values are given little-endian. */
function tiff(entries: readonly Entry[], bigEndian = false): Buffer {
  const put16 = (n: number) => (bigEndian ? Buffer.of(n >> 8, n & 255) : Buffer.of(n & 255, n >> 8));
  const put32 = (n: number) => {
    const bytes = Buffer.alloc(4);
    if (bigEndian) bytes.writeUInt32BE(n);
    else bytes.writeUInt32LE(n);
    return bytes;
  };
  let behind = 8 + 2 + entries.length * 12 + 4;
  const tail: Buffer[] = [];
  const directory = entries.flatMap(({ tag = 0x0112, type, count = 1, value }) => {
    const bytes = bigEndian ? swapped(value, type) : value;
    const head = [put16(tag), put16(type), put32(count)];
    if (bytes.length <= 4) return [...head, bytes, Buffer.alloc(4 - bytes.length)];
    tail.push(bytes);
    behind += bytes.length;
    return [...head, put32(behind - bytes.length)];
  });
  const order = Buffer.from(bigEndian ? 'MM\0*' : 'II*\0', 'latin1');
  return Buffer.concat([order, put32(8), put16(entries.length), ...directory, put32(0), ...tail]);
}

const short = (n: number): Entry => ({ type: 3, value: Buffer.of(n, 0) });
const bytesOf = (array: ArrayBufferView): Buffer => Buffer.from(array.buffer as ArrayBuffer);

const jpeg = readFileSync(join(imagesDir, 'jpeg-exif-1.jpg')); // 20×12
const firstSegment = 4 + jpeg.readUInt16BE(4);
/** Without its own EXIF block, with other segments of metadata. */
function jpegWith(...segments: Buffer[]): Buffer {
  const exif = jpeg.indexOf('Exif');
  const bare = Buffer.concat([jpeg.subarray(0, exif - 4), jpeg.subarray(exif - 2 + jpeg.readUInt16BE(exif - 2))]);
  const marked = segments.map((segment) => {
    const length = segment.length + 2;
    return Buffer.concat([Buffer.of(0xff, 0xe1, length >> 8, length & 255), segment]);
  });
  return Buffer.concat([bare.subarray(0, firstSegment), ...marked, bare.subarray(firstSegment)]);
}
const exif = (block: Buffer): Buffer => Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), block]);
const xmpPacket = (text: string): Buffer => Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${text}</x:xmpmeta>`);

/** Whether the picture is turned: its header and its pixels must say the same. */
async function isTurned(bytes: Buffer): Promise<boolean> {
  const path = join(folder, 'picture');
  writeFileSync(path, bytes);
  const { width, height } = await readImage(bytes);
  assert.equal(await readImageSize(path), { width, height });
  return width < height;
}

test('the tag may have any type of number, as Pillow takes it', async () => {
  const turning: Record<string, Entry> = {
    SHORT: short(6),
    LONG: { type: 4, value: Buffer.of(6, 0, 0, 0) },
    RATIONAL: { type: 5, value: bytesOf(Uint32Array.of(12, 2)) },
    SBYTE: { type: 6, value: Buffer.of(6) },
    SSHORT: { type: 8, value: Buffer.of(6, 0) },
    SLONG: { type: 9, value: Buffer.of(6, 0, 0, 0) },
    SRATIONAL: { type: 10, value: bytesOf(Int32Array.of(-6, -1)) },
    FLOAT: { type: 11, value: bytesOf(Float32Array.of(6)) },
    DOUBLE: { type: 12, value: bytesOf(Float64Array.of(6)) },
    'two SHORTs': { type: 3, count: 2, value: Buffer.of(6, 0, 1, 0) },
    'three SHORTs': { type: 3, count: 3, value: Buffer.of(6, 0, 1, 0, 1, 0) },
  };
  const upright: Record<string, Entry> = {
    BYTE: { type: 1, value: Buffer.of(6) },
    ASCII: { type: 2, value: Buffer.from('6') },
    UNDEFINED: { type: 7, value: Buffer.of(6) },
    'between two': { type: 11, value: bytesOf(Float32Array.of(6.5)) },
    'by nought': { type: 5, value: bytesOf(Uint32Array.of(6, 0)) },
    'of none such': { type: 3, value: Buffer.of(9, 0) },
    'too large': { type: 4, value: Buffer.of(6, 0, 1, 0) },
  };
  for (const bigEndian of [false, true]) {
    for (const [name, entry] of Object.entries(turning)) {
      assert.ok(await isTurned(jpegWith(exif(tiff([entry], bigEndian)))), `${name}, big-endian: ${bigEndian}`);
    }
    for (const [name, entry] of Object.entries(upright)) {
      assert.not(await isTurned(jpegWith(exif(tiff([entry], bigEndian)))), `${name}, big-endian: ${bigEndian}`);
    }
  }
});

test('of two tags the last counts; an entry that points outside ends the block', async () => {
  const outside: Entry = { tag: 0x010f, type: 2, count: 5000, value: Buffer.alloc(8) };
  assert.ok(await isTurned(jpegWith(exif(tiff([short(1), short(6)])))));
  assert.not(await isTurned(jpegWith(exif(tiff([short(6), short(1)])))));
  assert.ok(await isTurned(jpegWith(exif(tiff([short(6), outside])))));
  assert.not(await isTurned(jpegWith(exif(tiff([outside, short(6)])))));
});

test('an EXIF block in several segments', async () => {
  const block = tiff([short(6)]);
  assert.ok(await isTurned(jpegWith(exif(block.subarray(0, 15)), exif(block.subarray(15)))));
});

test('XMP counts where EXIF has no such tag', async () => {
  const attribute = xmpPacket('<rdf:Description tiff:Orientation="6"/>');
  const element = xmpPacket('<tiff:Orientation>8</tiff:Orientation>');
  assert.ok(await isTurned(jpegWith(attribute)));
  assert.ok(await isTurned(jpegWith(element)));
  assert.not(await isTurned(jpegWith(xmpPacket('<rdf:Description tiff:Orientation="1"/>'))));
  assert.ok(await isTurned(jpegWith(exif(tiff([{ ...short(1), tag: 0x0100 }])), attribute)));
  assert.not(await isTurned(jpegWith(exif(tiff([short(1)])), attribute)));
  assert.not(await isTurned(jpegWith(exif(tiff([short(0)])), attribute)));
});

test('of PNG: eXIf, ImageMagick’s profile and XMP, before or behind the pixels, compressed or not', async () => {
  const rows = [Array.from({ length: 9 }, (_, i) => i), Array.from({ length: 9 }, (_, i) => 9 - i)];
  const latin1 = (text: string) => Buffer.from(text, 'latin1');
  const block = tiff([short(6)]);
  const hex = exif(block).toString('hex');
  const profile = latin1(`\nexif\n      ${hex.length / 2}\n${hex.replace(/.{72}/g, '$&\n')}\n`);
  const xmp = latin1('<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>');
  const itxt = 'XML:com.adobe.xmp\0';
  const chunks: Record<string, Buffer> = {
    eXIf: pngChunk('eXIf', block),
    'eXIf with a prefix': pngChunk('eXIf', exif(block)),
    'profile in tEXt': pngChunk('tEXt', Buffer.concat([latin1('Raw profile type exif\0'), profile])),
    'profile in zTXt': pngChunk('zTXt', Buffer.concat([latin1('Raw profile type exif\0\0'), deflateSync(profile)])),
    'XMP in iTXt': pngChunk('iTXt', Buffer.concat([latin1(`${itxt}\0\0en\0t\0`), xmp])),
    'XMP in compressed iTXt': pngChunk('iTXt', Buffer.concat([latin1(`${itxt}\x01\0\0\0`), deflateSync(xmp)])),
  };
  for (const [name, chunk] of Object.entries(chunks)) {
    assert.ok(await isTurned(grayPng(rows, { before: [chunk] })), name);
    assert.ok(await isTurned(grayPng(rows, { behind: [chunk] })), `${name} behind the pixels`);
  }
  const upright = pngChunk('eXIf', tiff([short(1)]));
  assert.not(await isTurned(grayPng(rows, { before: [upright, ...Object.values(chunks).slice(2)] })));
  const bomb = pngChunk(
    'zTXt',
    Buffer.concat([latin1('Raw profile type exif\0\0'), deflateSync(Buffer.alloc(1 << 26))]),
  );
  assert.not(await isTurned(grayPng(rows, { before: [bomb] })));
});

test.run();
