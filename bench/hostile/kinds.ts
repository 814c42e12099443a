import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import type { Random } from '../../io/random.ts';
import { scannedJpeg } from '../../test/datasets/images/scanned-jpeg.ts';
import { pngFile } from '../../test/datasets/images/test-png.ts';
import { mutateBytes, mutateText, pick } from '../mutations/mutate.ts';

/** A request as bytes, possibly in pieces. Its client leaves after a while, or waits for the answer. */
export interface Hostile {
  readonly bytes: Buffer;
  readonly pieces?: number;
  readonly endsAfterMs?: number;
}

const photo = (name: string) => readFileSync(new URL(`../../../samples/${name}.jpg`, import.meta.url));
const cat = photo('cat');

const request = (
  path: string,
  headers: Record<string, string | number>,
  body: Buffer | string = '',
  method = 'POST',
) => {
  const all = { host: 'localhost', connection: 'close', ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`), Buffer.from(body)]);
};
const sized = (path: string, type: string, body: Buffer | string) =>
  request(path, { 'content-type': type, 'content-length': Buffer.byteLength(body) }, body);
const json = (body: string | Buffer) => sized('/v1/classify', 'application/json', body);
const part = (name: string, body: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`--b\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
const formBody = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from('--b--\r\n')]);
const form = (body: Buffer, boundary = 'b') => sized('/v1/classify', `multipart/form-data; boundary=${boundary}`, body);
const noise = (random: Random, length: number) => Buffer.from(Array.from({ length }, () => random.integer(256)));

const png = (width: number, height: number) => pngFile(width, height, { colorType: 6, depth: 16 }, zeros);
const zeros = deflateSync(Buffer.alloc(64_000_000), { level: 9 });
const heavy = scannedJpeg(7071, 7071, 62);
const many = scannedJpeg(900, 700, 40);

/** A normal request. */
export const normalRequest: Hostile = { bytes: sized('/v1/classify?top=3', 'image/jpeg', cat) };

/** Kinds of hostile requests; `share` is their relative frequency. */
export const hostileKinds: Record<string, { readonly share: number; readonly make: (random: Random) => Hostile }> = {
  'mutated picture': {
    share: 20,
    make: (random) => ({ bytes: sized('/v1/classify', 'image/jpeg', mutateBytes(random, cat)) }),
  },
  'mutated picture to detect': {
    share: 4,
    make: (random) => ({ bytes: sized('/v1/detect', 'image/jpeg', mutateBytes(random, cat.subarray(0, 9000))) }),
  },
  'mutated form': {
    share: 20,
    make: (random) => ({ bytes: form(mutateBytes(random, formBody(part('a.jpg', cat), part('b.jpg', 'x')))) }),
  },
  'form of mutated text': {
    share: 15,
    make: (random) => {
      const text = formBody(part('a.jpg', 'x'), part('b.jpg', 'y')).toString();
      return { bytes: form(mutateText(random, `${text}\r\n--b\r\nContent-Type: text/plain\r\n\r\nz\r\n--b--\r\n`)) };
    },
  },
  'mutated JSON': {
    share: 20,
    make: (random) => {
      const text = JSON.stringify({ images: ['aaaa', { file: 'a', data: 'bbbb' }], top: 3, model: 'x', score: 0.5 });
      return { bytes: json(mutateText(random, text)) };
    },
  },
  'mutated headers': {
    share: 20,
    make: (random) => {
      const { bytes } = normalRequest;
      const end = bytes.indexOf('\r\n\r\n');
      const head = mutateText(random, bytes.toString('latin1', 0, end));
      return { bytes: Buffer.concat([head, bytes.subarray(end)]), endsAfterMs: 4000 };
    },
  },
  'strange boundary': {
    share: 8,
    make: (random) => {
      const boundaries = ['', ' ', '"', '\\"', 'b'.repeat(300), 'b;boundary=c', '--', '=', "b'", 'b\t', '(b)'];
      const boundary = pick(random, boundaries);
      return { bytes: form(formBody(part('a.jpg', cat.subarray(0, 900))), boundary), endsAfterMs: 40_000 };
    },
  },
  'many parts': {
    share: 3,
    make: (random) => ({
      bytes: form(formBody(...Array.from({ length: pick(random, [17, 40, 5000]) }, () => part('a', 'x')))),
    }),
  },
  'many fields': {
    share: 3,
    make: (random) => {
      const field = 'content-disposition: form-data; name="top"\r\n\r\n1\r\n';
      return { bytes: form(Buffer.from(`${`--b\r\n${field}`.repeat(pick(random, [17, 3000]))}--b--\r\n`)) };
    },
  },
  'many images in JSON': {
    share: 1,
    make: (random) => ({
      bytes: json(`{"images":["a${',"a"'.repeat(pick(random, [20, 1000, 1e6, 2.4e6])).slice(2)}]}`),
    }),
  },
  'many keys in JSON': {
    share: 1,
    make: (random) => ({
      bytes: json(`{${Array.from({ length: pick(random, [2000, 500_000]) }, (_, i) => `"k${i}":1`).join(',')}}`),
    }),
  },
  'deep JSON': {
    share: 5,
    make: (random) => {
      const depth = pick(random, [40, 5000, 1e6]);
      return { bytes: json(pick(random, ['[', '{"a":', '[{"a":']).repeat(depth)) };
    },
  },
  'values of other kinds': {
    share: 10,
    make: (random) => {
      const value = pick(random, [
        '{"toString":1}',
        '[[1]]',
        'null',
        'true',
        '1e999',
        '"\\u0000"',
        `"${'m'.repeat(9999)}"`,
      ]);
      return {
        bytes: json(`{"image":"aaaa","${pick(random, ['model', 'top', 'image', 'images', '__proto__'])}":${value}}`),
      };
    },
  },
  'strange query': {
    share: 10,
    make: (random) => {
      const values = ['-1', 'NaN', '1e99', '%00', '[]', '%', '%ff', 'a&top=b', 'x'.repeat(5000), '__proto__'];
      const name = pick(random, ['top', 'model', 'file', 'score', '__proto__', 'constructor']);
      return {
        bytes: sized(
          `/v1/${pick(random, ['classify', 'detect'])}?${name}=${pick(random, values)}`,
          'image/jpeg',
          cat.subarray(0, 500),
        ),
      };
    },
  },
  'strange path': {
    share: 10,
    make: (random) => {
      const paths = [
        '/../../etc/passwd',
        '/samples/..%2f..%2fpackage.json',
        '/%2e%2e/x',
        '//x',
        '/%00',
        '/%',
        '*',
        '/v1/models/%00',
        '/v1/models/x/model.onnx',
        `/${'y'.repeat(9000)}`,
        '/errors.js/..',
        '/v1/models/constructor',
      ];
      return {
        bytes: request(pick(random, paths), {}, '', pick(random, ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'TRACE'])),
      };
    },
  },
  'strange host': {
    share: 10,
    make: (random) => {
      const host = pick(random, [
        'evil.example',
        'evil.example:80',
        '',
        'localhost.evil.example',
        'a b',
        '[::1',
        '%00',
        'x'.repeat(9000),
      ]);
      return {
        bytes: request('/v1/classify', { host, 'content-type': 'image/jpeg', 'content-length': cat.length }, cat),
      };
    },
  },
  'strange type': {
    share: 5,
    make: (random) => {
      const type = pick(random, [
        'text/html',
        'x',
        'image/',
        'image/x; y=\u0001',
        'multipart/mixed; boundary=b',
        'application/json; charset=utf-16',
        'multipart/form-data',
      ]);
      return { bytes: sized('/v1/classify', type, noise(random, 60)) };
    },
  },
  'strange lengths': {
    share: 5,
    make: (random) => {
      const headers = pick<Record<string, string | number>>(random, [
        { 'content-length': 9e15 },
        { 'content-length': -1 },
        { 'content-length': '1, 2' },
        { 'content-length': 4, 'transfer-encoding': 'chunked' },
        { 'transfer-encoding': 'gzip, chunked' },
        { 'transfer-encoding': 'chunked', 'content-encoding': 'gzip' },
      ]);
      return {
        bytes: request('/v1/classify', { 'content-type': 'image/png', ...headers }, '3\r\nabc\r\n0\r\n\r\n'),
        endsAfterMs: 4000,
      };
    },
  },
  'bad chunks': {
    share: 5,
    make: (random) => ({
      bytes: request(
        '/v1/classify',
        { 'content-type': 'image/png', 'transfer-encoding': 'chunked' },
        mutateText(random, '5\r\nabcde\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n'),
      ),
      endsAfterMs: 3000,
    }),
  },
  aborted: {
    share: 15,
    make: (random) => ({
      bytes: sized(`/v1/${pick(random, ['classify', 'detect'])}`, 'image/jpeg', cat).subarray(
        0,
        200 + random.integer(cat.length + 400),
      ),
      endsAfterMs: random.integer(60),
    }),
  },
  'aborted form': {
    share: 10,
    make: (random) => {
      const bytes = form(formBody(part('a.jpg', cat), part('b.jpg', cat)));
      return { bytes: bytes.subarray(0, random.integer(bytes.length)), endsAfterMs: random.integer(60) };
    },
  },
  slow: {
    share: 2,
    make: (random) => ({
      bytes: sized('/v1/classify', 'image/jpeg', cat.subarray(0, 3000)),
      pieces: 100 + random.integer(50),
      endsAfterMs: 4000,
    }),
  },
  'part without disposition': {
    share: 1,
    make: () => ({ bytes: form(Buffer.from('--b\r\nContent-Type: image/png\r\n\r\nno name\r\n--b--\r\n')) }),
  },
  'JPEG of many scans': {
    share: 2,
    make: (random) => ({ bytes: sized('/v1/classify', 'image/jpeg', random.uniform() < 0.5 ? heavy : many) }),
  },
  'sixteen JPEGs of many scans': {
    share: 1,
    make: (random) => {
      const one = random.uniform() < 0.3 ? heavy : many;
      return { bytes: form(formBody(...Array.from({ length: 16 }, (_, i) => part(`${i}.jpg`, one)))) };
    },
  },
  'PNG that claims much': {
    share: 5,
    make: (random) => ({
      bytes: form(formBody(part('a.png', png(1 + random.integer(2 ** 31 - 1), 1 + random.integer(40_000))))),
    }),
  },
  'PNG of much': {
    share: 1,
    make: (random) => ({ bytes: sized('/v1/classify', 'image/png', png(5000, pick(random, [1500, 9999]))) }),
  },
  'large upload': {
    share: 1,
    make: (random) => ({
      bytes: sized('/v1/classify', 'image/jpeg', Buffer.alloc(pick(random, [20, 21]) * 2 ** 20 - 7, 'x')),
    }),
  },
  noise: { share: 5, make: (random) => ({ bytes: Buffer.concat([noise(random, 200), Buffer.from('\r\n\r\n')]) }) },
};
