import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeImage, type Image, openClassificationDataset } from '../../../datasets/index.ts';
import { rejects } from '../../rejects.ts';
import { fixturesDir } from '../../shared-data.ts';

const test = suite('CIFAR');
const root = mkdtempSync(join(tmpdir(), 'cifar-'));
test.after(() => rmSync(root, { recursive: true }));

const NAMES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
const LABELS = [3, 9, 0];

/** The planes of red, green and blue of five images: every byte tells where it is. */
const PLANES = Array.from({ length: 5 }, (_, image) => new Uint8Array(3072).map((_, i) => i * 7 + image * 50));
const planes = (image: number): Buffer => Buffer.from(PLANES[image]);
/** Red, green and blue of a pixel of it. */
const pixel = (image: number, x: number, y: number): number[] =>
  [0, 1, 2].map((channel) => PLANES[image][channel * 1024 + y * 32 + x]);

/** A folder of files, by name. */
function folderOf(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(root, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const records = (...images: (readonly [labels: readonly number[], planes: Buffer])[]): Buffer =>
  Buffer.concat(images.flatMap(([labels, bytes]) => [Buffer.from(labels), bytes]));
const binary = (labels: readonly number[] = LABELS) =>
  records(...labels.map((label, i) => [[label], planes(i)] as const));

/** Opcodes as Python 2 wrote them in protocol 2. */
const raw = (bytes: Buffer): Buffer =>
  bytes.length < 256
    ? Buffer.concat([Buffer.from([0x55, bytes.length]), bytes])
    : Buffer.concat([Buffer.from([0x54]), uint32(bytes.length), bytes]);
const uint32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const code = (text: string): Buffer => Buffer.from(text, 'latin1');
const text = (value: string): Buffer => raw(Buffer.from(value));
const number = (value: number): Buffer => Buffer.concat([code('J'), uint32(value)]);
const list = (items: readonly Buffer[]): Buffer => Buffer.concat([code(']('), ...items, code('e')]);

/** What Python 2's numpy left of an array of bytes. */
function array(shape: readonly number[], bytes: Buffer, dtype = 'u1'): Buffer {
  return Buffer.concat([
    code('cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01('),
    ...shape.map(number),
    code('tcnumpy\ndtype\n'),
    text(dtype),
    code('K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89'),
    raw(bytes),
    code('tb'),
  ]);
}
const pickled = (entries: Readonly<Record<string, Buffer>>): Buffer =>
  Buffer.concat([
    code('\x80\x02}('),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    code('u.'),
  ]);
const pixels = (count = LABELS.length): Buffer => Buffer.concat(Array.from({ length: count }, (_, i) => planes(i)));
const python = (extra: Readonly<Record<string, Buffer>> = {}) =>
  pickled({ data: array([3, 3072], pixels()), labels: list(LABELS.map(number)), ...extra });
const meta = (names: readonly string[], key = 'label_names') => pickled({ [key]: list(names.map(text)) });

async function png(count = LABELS.length): Promise<Uint8Array> {
  const data = new Uint8Array(count * 3072);
  for (let i = 0; i < count; i++) {
    for (let p = 0; p < 1024; p++) data.set(pixel(i, p % 32, p >> 5), i * 3072 + p * 3);
  }
  return encodeImage({ width: 1024, height: count, data }, 'png');
}

function pixelOf(image: Image, x: number, y: number): number[] {
  return [...image.data.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
}

test('the three layouts of CIFAR-10 give the same images, upright, with their labels and names', async () => {
  const folders: Record<string, string> = {
    'test_batch.bin': folderOf('bin', { 'test_batch.bin': binary(), 'batches.meta.txt': `${NAMES.join('\n')}\n\n` }),
    test_batch: folderOf('py', { test_batch: python(), 'batches.meta': meta(NAMES) }),
    'test_batch.png': folderOf('png', { 'test_batch.png': await png(), 'test_lables.json': JSON.stringify(LABELS) }),
  };
  for (const [file, folder] of Object.entries(folders)) {
    const dataset = await openClassificationDataset(`cifar10:${folder}`);
    assert.is(dataset.name, 'cifar10');
    assert.equal(dataset.classes, NAMES);
    assert.is(dataset.length, 3);
    assert.is(dataset.nameOf(2), `${file}[2]`);
    for (const [i, label] of LABELS.entries()) {
      assert.is(dataset.label(i), label);
      const image = dataset.image(i) as Image;
      assert.equal([image.width, image.height, image.data.length], [32, 32, 3072]);
      for (const [x, y] of [
        [0, 0],
        [31, 0],
        [0, 31],
        [17, 5],
      ])
        assert.equal(pixelOf(image, x, y), pixel(i, x, y), file);
    }
    assert.throws(() => dataset.image(3), /image 3 of 3/);
  }
});

test('pickles of Python 3 are read too, whatever the protocol', async () => {
  for (const protocol of [2, 3, 4, 5]) {
    const packed = readFileSync(join(fixturesDir, 'cifar', `protocol-${protocol}.pickle.gz`));
    const folder = folderOf(`protocol-${protocol}`, { test_batch: gunzipSync(packed) });
    const dataset = await openClassificationDataset(`cifar10:${folder}`);
    assert.equal([dataset.length, dataset.label(0), dataset.label(1)], [2, 3, 9]);
    assert.equal(pixelOf(dataset.image(1) as Image, 4, 9), pixel(1, 4, 9), `protocol ${protocol}`);
  }
});

test('the training split is its five batches, in order; archives are found in their own folder', async () => {
  const files = Object.fromEntries(
    [1, 2, 3, 4, 5].map((i) => [`cifar-10-batches-bin/data_batch_${i}.bin`, binary([i, i + 1])]),
  );
  const dataset = await openClassificationDataset(`cifar10:${folderOf('train', files)}`, { split: 'train' });
  assert.is(dataset.length, 10);
  assert.equal(
    Array.from({ length: 10 }, (_, i) => dataset.label(i)),
    [1, 2, 2, 3, 3, 4, 4, 5, 5, 6],
  );
  assert.is(dataset.nameOf(7), 'data_batch_4.bin[1]');
  assert.equal(pixelOf(dataset.image(7) as Image, 1, 1), pixel(1, 1, 1));
  rmSync(join(root, 'train', 'cifar-10-batches-bin', 'data_batch_4.bin'));
  await rejects(
    openClassificationDataset(`cifar10:${join(root, 'train')}`, { split: 'train' }),
    'FILE_NOT_FOUND',
    /data_batch_4\.bin/,
  );
  const first = await png(2);
  const pictures = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`package/data_batch_${i}.png`, first]));
  const labels = JSON.stringify([1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
  const folder = folderOf('train-png', { ...pictures, 'package/train_lables.json': labels });
  const other = await openClassificationDataset(`cifar10:${folder}`, { split: 'train' });
  assert.equal([other.length, other.label(8), other.nameOf(8)], [10, 5, 'data_batch_5.png[0]']);
});

test('CIFAR-100 goes by its fine labels and names', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `thing ${i}`);
  const images = records([[19, 99], planes(0)], [[2, 40], planes(1)]);
  const bin = folderOf('bin100', { 'test.bin': images, 'fine_label_names.txt': names.join('\n') });
  const batch = pickled({
    fine_labels: list([99, 40].map(number)),
    coarse_labels: list([19, 2].map(number)),
    data: array([2, 3072], pixels(2)),
  });
  const py = folderOf('py100', {
    'cifar-100-python/test': batch,
    'cifar-100-python/meta': meta(names, 'fine_label_names'),
  });
  for (const folder of [bin, py]) {
    const dataset = await openClassificationDataset(`cifar100:${folder}`);
    assert.equal([dataset.label(0), dataset.label(1), dataset.classes[99]], [99, 40, 'thing 99']);
    assert.equal(pixelOf(dataset.image(1) as Image, 30, 2), pixel(1, 30, 2));
  }
  rmSync(join(bin, 'fine_label_names.txt'));
  await rejects(openClassificationDataset(`cifar100:${bin}`), 'FILE_NOT_FOUND', /fine_label_names\.txt/);
  writeFileSync(join(bin, 'fine_label_names.txt'), 'one\ntwo\n');
  await rejects(openClassificationDataset(`cifar100:${bin}`), 'BAD_DATASET', /names 2 classes; CIFAR-100 has 100/);
});

test('damage is told with its file and place', async () => {
  const names = { 'batches.meta.txt': NAMES.join('\n') };
  const cases: [files: Record<string, string | Uint8Array>, pattern: RegExp][] = [
    [{ 'test_batch.bin': binary().subarray(0, 7000), ...names }, /test_batch\.bin: 7000 bytes .* within image 2/],
    [{ 'test_batch.bin': binary([1, 10]), ...names }, /test_batch\.bin: image 1 has label 10; .*0 to 9/],
    [{ 'test_batch.bin': '' }, /no images/],
    [{ test_batch: python().subarray(0, 9000) }, /test_batch: no pickle .* ends early/],
    [{ test_batch: Buffer.from('no pickle') }, /test_batch: no pickle/],
    [{ test_batch: python({ labels: list([1, 2].map(number)) }) }, /3 images but 2 labels/],
    [{ test_batch: python({ labels: list([number(1), text('x'), number(2)]) }) }, /image 1 has label x/],
    [{ test_batch: python({ labels: text('none') }) }, /no list of 'labels'/],
    [{ test_batch: python({ data: text('none') }) }, /no array 'data'/],
    [{ test_batch: python({ data: array([3, 3072], pixels(2)) }) }, /6144 bytes where 3 images need 9216/],
    [{ test_batch: python({ data: array([3072, 3], pixels()) }) }, /\[3072,3\] of u1/],
    [{ test_batch: python({ data: array([3, 3072], pixels(), 'f4') }) }, /of f4/],
    [{ test_batch: code('\x80\x02cos\nsystem\nU\x04true\x85R.') }, /asks for 'os\.system'.*nothing was run/],
    [
      { 'test_batch.png': await png(), 'test_lables.json': '[1, 2]' },
      /test_lables\.json: it has 2 labels for 3 images/,
    ],
    [{ 'test_batch.png': await png(), 'test_lables.json': '[1, 2, 3, 4]' }, /4 labels for 3 images/],
    [{ 'test_batch.png': await png(), 'test_lables.json': '[1, 2, -3]' }, /image 2 has label -3/],
    [{ 'test_batch.png': await png(), 'test_lables.json': '{"a": 1}' }, /no JSON array/],
    [{ 'test_batch.png': await png(), 'test_lables.json': '[1' }, /not JSON/],
  ];
  for (const [i, [files, pattern]] of cases.entries()) {
    const folder = folderOf(`damaged-${i}`, files);
    await rejects(openClassificationDataset(`cifar10:${folder}`), 'BAD_DATASET', pattern);
  }
});

test('what is not there is told with what was looked for', async () => {
  const folder = folderOf('other', { 'readme.txt': '' });
  await rejects(
    openClassificationDataset(`cifar10:${folder}`),
    'BAD_DATASET',
    /no CIFAR-10 .*test_batch\.bin .*test_batch .*test_batch\.png .*cifar-10-batches-py/,
  );
  await rejects(
    openClassificationDataset(`cifar100:${join(root, 'absent')}`),
    'FILE_NOT_FOUND',
    /absent: no such folder/,
  );
  for (const spec of ['cifar11:x', 'cifar10', 'cifar10:', 'toString:x']) {
    await rejects(openClassificationDataset(spec), 'USAGE', /cifar10:DIR, cifar100:DIR, imagefolder:DIR/);
  }
});

test.run();
