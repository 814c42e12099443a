import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { QueueFull } from '../../server/batcher.ts';
import { Decoding } from '../../server/decoding.ts';
import { scannedJpeg } from '../datasets/images/scanned-jpeg.ts';

const test = suite('decoding');
const transform = {
  kind: 'classification',
  resize_size: null,
  crop_size: 8,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [1, 1, 1],
} as const;

test('large pictures are decoded one at a time, small ones beside them', async () => {
  const decoding = new Decoding(50e6);
  assert.equal(
    [1e6, 8e6, 9e6].map((work) => decoding.isLarge(work)),
    [false, false, true],
  );
  const order: string[] = [];
  const large = Array.from({ length: 3 }, () => ({ work: 9e6, bytes: scannedJpeg(3000, 3000, 3) }));
  const loading = decoding.large(large, async ({ bytes }, pool) => {
    const { width } = await pool.load(bytes, transform);
    order.push(`${width}`);
  });
  // Were it to wait for them, it would come last.
  await decoding.poolFor(1600).load(scannedJpeg(40, 40, 3), transform);
  order.push('40');
  await Promise.all(loading);
  assert.is(order.length, 4);
  assert.is.not(order[3], '40');
  await decoding.close();
});

test('those of medium size keep no small one waiting', async () => {
  const decoding = new Decoding(50e6);
  assert.is(decoding.poolFor(1e6), decoding.poolFor(1600));
  assert.is(decoding.poolFor(8e6), decoding.poolFor(1.1e6));
  const order: string[] = [];
  const load = async (side: number) => {
    const { width } = await decoding.poolFor(side * side).load(scannedJpeg(side, side, 3), transform);
    order.push(`${width}`);
  };
  await Promise.all([...Array.from({ length: 12 }, () => load(1100)), load(40)]);
  assert.is(order.length, 13);
  assert.is.not(order[12], '40');
  await decoding.close();
});

test('so much may wait; what belongs together is taken whole or not at all, and alone always', async () => {
  const decoding = new Decoding(10e6);
  const ends: (() => void)[] = [];
  const load = () => new Promise<void>((resolve) => ends.push(resolve));
  const pictures = (count: number) => Array.from({ length: count }, () => ({ work: 10e6 }));
  const first = decoding.large(pictures(9), load);
  assert.is(ends.length, 9);
  assert.throws(
    () => decoding.large(pictures(1), load),
    (error: unknown) => error instanceof QueueFull,
  );
  assert.equal(decoding.large([], load), [], 'who has no large picture is not concerned');
  for (const end of ends.splice(0, 3)) end();
  await Promise.all(first.slice(0, 3));
  assert.throws(
    () => decoding.large(pictures(3), load),
    (error: unknown) => error instanceof QueueFull,
  );
  assert.is(decoding.large(pictures(2), load).length, 2);
  for (const end of ends) end();
  await sleep(0);
  const failed = decoding.large(pictures(9), () => Promise.reject(new Error('damaged')));
  assert.is((await Promise.allSettled(failed)).length, 9);
  assert.is(decoding.large(pictures(9), async () => 1).length, 9, 'what failed waits no more');
  await decoding.close();
});

test.run();
