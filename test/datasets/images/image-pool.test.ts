import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  categoryColor,
  ImagePool,
  type ImageSource,
  type ImageTransform,
  readImage,
  transformImage,
} from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { projectRoot } from '../../shared-data.ts';
import { imagesDir, testPicture } from './test-picture.ts';
import { grayPng, pngChunk } from './test-png.ts';

const test = suite('image-pool');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-'));
test.after(() => rmSync(folder, { recursive: true }));

const transform: ImageTransform = {
  kind: 'detection',
  min_size: 20,
  max_size: 40,
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
};
const jpeg = join(imagesDir, 'jpeg-420.jpg');
const png = join(imagesDir, 'png-rgb8.png');

async function withPool(threads: number, run: (pool: ImagePool) => Promise<void>): Promise<void> {
  const pool = new ImagePool({ threads });
  try {
    await run(pool);
  } finally {
    await pool.close();
  }
}

/** The code of the ResnetCocoError that a promise rejects with. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof ResnetCocoError ? error.code : String(error)),
  );

test('a pool gives what the same steps give without one, from every kind of source', () =>
  withPool(2, async (pool) => {
    const image = await readImage(jpeg);
    const expected = transformImage(image, transform);
    const bytes = readFileSync(jpeg);
    const sources: ImageSource[] = [jpeg, pathToFileURL(jpeg), bytes, image];
    for (const loaded of await Promise.all(sources.map((source) => pool.load(source, transform)))) {
      assert.equal(loaded.tensor, expected);
      assert.equal([loaded.width, loaded.height, loaded.format, loaded.image], [37, 29, 'jpeg', undefined]);
    }
    assert.is(bytes.length, readFileSync(jpeg).length, 'the caller keeps its bytes');
    assert.is(image.data.length, 37 * 29 * 3);
    assert.equal((await pool.load(png, transform, { keepImage: true })).image, await readImage(png));
  }));

test('errors come back with their code and name the file', () =>
  withPool(1, async (pool) => {
    assert.is(await codeOf(pool.load(join(folder, 'none.jpg'), transform)), 'FILE_NOT_FOUND');
    assert.is(await codeOf(pool.load(Buffer.from('not an image'), transform)), 'BAD_IMAGE');
    assert.is(await codeOf(pool.load(png, { ...transform, min_size: 0 })), 'BAD_CONFIG');
    assert.is(await codeOf(pool.render(png, [], join(png, 'below.png'))), 'FILE_NOT_WRITABLE');
    const wild = { ...transform, image_mean: () => 0 } as unknown as ImageTransform;
    assert.is(await codeOf(pool.load(png, wild)), 'BAD_IMAGE');
    assert.is(await codeOf(pool.load(undefined as unknown as string, transform)), 'BAD_IMAGE');
    assert.is((await pool.load(png, transform)).width, 13);
  }));

test('prefetch gives every picture in order, and errors as values', () =>
  withPool(2, async (pool) => {
    const sources = Array.from({ length: 40 }, (_, i) => (i % 7 === 3 ? join(folder, `${i}.jpg`) : i % 2 ? jpeg : png));
    const widths: (number | string)[] = [];
    for await (const { index, source, image, error } of pool.prefetch(sources, transform)) {
      assert.is(index, widths.length);
      assert.is(source, sources[index]);
      widths.push(image ? image.width : error.code);
    }
    assert.equal(
      widths,
      sources.map((_, i) => (i % 7 === 3 ? 'FILE_NOT_FOUND' : i % 2 ? 37 : 13)),
    );
  }));

test('prefetch takes no more sources than it may hold, and any number of them', () =>
  withPool(2, async (pool) => {
    let [taken, given, most] = [0, 0, 0];
    async function* endless() {
      for (; taken < 1000; taken++) yield testPicture(4, 4);
    }
    for await (const { image } of pool.prefetch(endless(), transform, { ahead: 3 })) {
      assert.ok(image);
      most = Math.max(most, taken + 1 - given);
      given++;
    }
    assert.is(given, 1000);
    assert.ok(most <= 3, `${most} at a time`);
  }));

test('a consumer may stop early', () =>
  withPool(2, async (pool) => {
    for await (const { index } of pool.prefetch(Array(50).fill(png), transform)) if (index === 2) break;
    assert.is((await pool.load(jpeg, transform)).width, 37);
  }));

test('render draws, encodes in the format that came in, and writes', () =>
  withPool(1, async (pool) => {
    const boxes = [{ bbox: [3, 4, 8, 6], label: 'cat', score: 0.9, category_id: 17 }];
    const target = join(folder, 'out', 'drawn.jpg');
    await pool.render(png, boxes, target);
    const drawn = await readImage(target);
    assert.is(drawn.format, 'png', 'the input’s format, not the name’s');
    assert.not.equal(drawn.data, (await readImage(png)).data);
    await pool.render(testPicture(30, 20), boxes, join(folder, 'made.PNG'));
    assert.is((await readImage(join(folder, 'made.PNG'))).format, 'png');
    const { image } = await pool.load(jpeg, transform, { keepImage: true });
    await pool.render(image!, boxes, join(folder, 'kept'));
    assert.is((await readImage(join(folder, 'kept'))).format, 'jpeg');
  }));

test('a small picture is enlarged in squares before it is drawn on, a large one is not', () =>
  withPool(1, async (pool) => {
    const small = testPicture(30, 20);
    const target = join(folder, 'small.png');
    const preview = await pool.render(small, [], target, { previewSide: 200 });
    const drawn = await readImage(target);
    assert.equal([drawn.width, drawn.height], [330, 220]);
    for (const [x, y] of [
      [0, 0],
      [17, 9],
      [29, 19],
    ]) {
      for (const at of [11 * y * 330 + 11 * x, (11 * y + 10) * 330 + 11 * x + 10]) {
        assert.equal(
          [...drawn.data.subarray(3 * at, 3 * at + 3)],
          [...small.data.subarray(3 * (30 * y + x), 3 * (30 * y + x) + 3)],
        );
      }
    }
    const { width } = await readImage(preview);
    assert.is(width, 200);
    await pool.render(small, [{ bbox: [10, 5, 10, 10], label: '', category_id: 3 }], target);
    const boxed = await readImage(target);
    assert.equal([...boxed.data.subarray(3 * (100 * 330 + 110), 3 * (100 * 330 + 110) + 3)], [...categoryColor(3)]);
    await pool.render(testPicture(160, 40), [], target);
    assert.is((await readImage(target)).width, 160);
  }));

test('closing lets running jobs end and refuses all others', async () => {
  const pool = new ImagePool({ threads: 1 });
  const running = pool.load(png, transform);
  const waiting = codeOf(pool.load(png, transform));
  await Promise.all([pool.close(), pool.close()]);
  assert.is((await running).width, 13);
  assert.is(await waiting, 'DISPOSED');
  assert.is(await codeOf(pool.load(png, transform)), 'DISPOSED');
  assert.is(await codeOf(pool.prefetch([png], transform).next()), 'DISPOSED');
  await pool.close();
  await new ImagePool().close();
});

test('numbers that make no sense are refused', async () => {
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    assert.throws(
      () => new ImagePool({ threads }),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'USAGE' && /threads/.test(error.message),
    );
  }
  await withPool(1, async (pool) => {
    assert.is(await codeOf(pool.prefetch([png], transform, { ahead: 0 }).next()), 'USAGE');
  });
});

/** Runs a module in a process of its own; returns what it prints. */
function runProcess(script: string, ...flags: string[]): string {
  const index = pathToFileURL(join(projectRoot, 'dist', 'datasets', 'index.js')).href;
  const source = `import { ImagePool } from ${JSON.stringify(index)};
    const transform = ${JSON.stringify(transform)};
    ${script}`;
  const env = { ...process.env, RESNET_COCO_DECODER: 'js' };
  return execFileSync(process.execPath, [...flags, '--input-type=module', '-e', source], { encoding: 'utf8', env });
}

test('a pool that nobody closes does not keep the process alive', () => {
  const printed = runProcess(`
    const pool = new ImagePool({ threads: 2 });
    const loaded = await Promise.all([1, 2, 3].map(() => pool.load(${JSON.stringify(jpeg)}, transform)));
    console.log(loaded.map(({ width }) => width).join());`);
  assert.is(printed.trim(), '37,37,37');
});

test('a picture that exhausts its thread’s memory fails alone', async () => {
  const large = join(folder, 'large.png');
  writeFileSync(large, grayPng([[1, 2, 3]], { behind: Array<Buffer>(600_000).fill(pngChunk('IDAT', Buffer.of(0))) }));
  const printed = runProcess(
    `
    const pool = new ImagePool({ threads: 1 });
    const sources = ${JSON.stringify([large, png, large, jpeg])};
    const results = await Promise.allSettled(sources.map((source) => pool.load(source, transform)));
    console.log(results.map(({ reason, value }) => reason ? reason.code + ' ' + reason.message : value.width).join('\\n'));
    await pool.close();`,
    '--max-old-space-size=16',
  );
  const [first, second, third, fourth] = printed.trim().split('\n');
  for (const line of [first, third]) assert.match(line, /^BAD_IMAGE .*large\.png: .*not enough memory/);
  assert.equal([second, fourth], ['13', '37']);
});

(process.platform === 'linux' ? test : test.skip)('threads in the background give way, and no others', async () => {
  const priorities = () =>
    readdirSync('/proc/self/task').map((id) => {
      const fields = readFileSync(`/proc/self/task/${id}/stat`, 'latin1').split(') ')[1].split(' ');
      return Number(fields[16]);
    });
  const own = getPriority();
  for (const inBackground of [false, true]) {
    const pool = new ImagePool({ threads: 1, inBackground });
    await pool.load(testPicture(30, 20), transform);
    assert.is(priorities().includes(10), inBackground || own === 10);
    assert.is(getPriority(), own);
    await pool.close();
  }
});

test.run();
