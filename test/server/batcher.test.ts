import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Batcher, QueueFull } from '../../server/batcher.ts';

const test = suite('batcher');
const never = () => new AbortController().signal;

/** Doubles numbers; odd ones beyond 100 cannot be loaded. Batches end when the test lets them. */
function doubling(options: { size: number; streams?: number; limit?: number; windowMs?: number }) {
  const batches: number[][] = [];
  const gates: (() => void)[] = [];
  const loaded: number[] = [];
  const batcher = new Batcher<number, number, number>(
    async (source) => {
      loaded.push(source);
      if (source > 100 && source % 2) throw new Error(`${source} is broken`);
      return 2 * source;
    },
    async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => gates.push(resolve));
      return items;
    },
    { streams: 1, limit: 100, windowMs: 5, ...options },
  );
  const release = async () => {
    gates.shift()?.();
    await sleep(1);
  };
  return { batcher, batches, release, loaded };
}
const values = (settled: readonly PromiseSettledResult<number>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message));

test('a lone item is computed at once; what queues meanwhile is gathered, in order', async () => {
  const { batcher, batches, release } = doubling({ size: 3 });
  const first = batcher.submit([1], never());
  await sleep(1);
  assert.equal(batches, [[2]]);
  const others = [2, 3, 4, 5].map((n) => batcher.submit([n], never()));
  await sleep(1);
  assert.is(batcher.queued, 4);
  await release();
  assert.equal(batches, [[2], [4, 6, 8]]);
  await release();
  await release();
  assert.equal(batches[2], [10]);
  assert.equal(values(await first), [2]);
  assert.equal((await Promise.all(others)).flatMap(values), [4, 6, 8, 10]);
  assert.is(batcher.queued, 0);
});

test('what belongs together comes back in order, broken ones with their errors', async () => {
  const { batcher, release } = doubling({ size: 2 });
  const result = batcher.submit([1, 101, 3, 5], never());
  for (let i = 0; i < 3; i++) {
    await sleep(8);
    await release();
  }
  assert.equal(values(await result), [2, '101 is broken', 6, 10]);
});

test('no more is loaded ahead than the next batches take', async () => {
  const { batcher, loaded, release } = doubling({ size: 2, streams: 2 });
  const all = batcher.submit(
    Array.from({ length: 20 }, (_, i) => i),
    never(),
  );
  await sleep(10);
  assert.ok(loaded.length <= 2 * 2 + 2 * 3, `${loaded.length} loaded`);
  for (let i = 0; i < 12; i++) await release();
  assert.is((await all).length, 20);
});

test('a full queue refuses; an empty one takes however many belong together', async () => {
  const { batcher, release } = doubling({ size: 1, limit: 2 });
  const large = batcher.submit([1, 2, 3, 4], never());
  assert.ok(batcher.isFull);
  const refused = await batcher.submit([5], never()).catch((error: unknown) => error);
  assert.instance(refused, QueueFull);
  for (let i = 0; i < 4; i++) {
    await sleep(2);
    await release();
  }
  assert.equal(values(await large), [2, 4, 6, 8]);
  const again = batcher.submit([6], never());
  await sleep(2);
  await release();
  assert.equal(values(await again), [12]);
});

test('those who ask for many, or for what is slow, leave room to those who ask for one', async () => {
  const { batcher, release } = doubling({ size: 1, limit: 16 });
  const many = Array.from({ length: 10 }, (_, i) => i);
  const first = batcher.submit(many, never());
  await sleep(1);
  assert.throws(
    () => batcher.checkRoom(many.slice(1)),
    (error: unknown) => error instanceof QueueFull,
  );
  const few = batcher.submit([20, 21], never());
  await sleep(1);
  for (let i = 0; i < 12; i++) await release();
  assert.equal(
    values(await first),
    many.map((value) => 2 * value),
  );
  assert.equal(values(await few), [40, 42]);
});

test('what is taken back before its turn is never computed', async () => {
  const { batcher, batches, release } = doubling({ size: 1 });
  const first = batcher.submit([1], never());
  await sleep(1);
  const controller = new AbortController();
  const dropped = batcher.submit([2, 3], controller.signal).catch((error: unknown) => error);
  const third = batcher.submit([4], never());
  await sleep(1);
  const reason = new Error('gone');
  controller.abort(reason);
  assert.is(await dropped, reason);
  assert.is(batcher.queued, 1);
  await release();
  await sleep(1);
  await release();
  assert.equal(values(await first), [2]);
  assert.equal(values(await third), [8]);
  assert.equal(batches, [[2], [8]]);
  const late = await batcher.submit([5], controller.signal).catch((error: unknown) => error);
  assert.is(late, reason);
});

test('a batch that fails fails its own items alone', async () => {
  const batcher = new Batcher<number, number, number>(
    async (source) => source,
    async (items) => {
      if (items.includes(2)) throw new Error('no memory');
      return items;
    },
    { size: 1, streams: 1, limit: 10, windowMs: 1 },
  );
  assert.equal(values(await batcher.submit([1, 2, 3], never())), [1, 'no memory', 3]);
});

test('slow sources leave room in the queue, and no quick one waits for them', async () => {
  const loads: string[] = [];
  const slow: (() => void)[] = [];
  const batcher = new Batcher<string, string, string>(
    async (source) => {
      loads.push(source);
      if (source.startsWith('slow')) await new Promise<void>((resolve) => slow.push(resolve));
      return source;
    },
    async (items) => items,
    { size: 1, streams: 1, limit: 8, windowMs: 5, isSlow: (source) => source.startsWith('slow') },
  );
  const all = batcher.submit(
    Array.from({ length: 6 }, (_, i) => `slow ${i}`),
    never(),
  );
  assert.equal(loads, ['slow 0', 'slow 1']);
  const refused = await batcher.submit(['slow 6'], never()).catch((error: unknown) => error);
  assert.instance(refused, QueueFull);
  for (const name of ['a', 'b', 'c']) {
    const [one] = await batcher.submit([name], never());
    assert.equal(one, { status: 'fulfilled', value: name });
  }
  while (batcher.queued) {
    slow.shift()?.();
    await sleep(1);
  }
  assert.is((await all).length, 6);
  assert.equal(loads, ['slow 0', 'slow 1', 'a', 'b', 'c', 'slow 2', 'slow 3', 'slow 4', 'slow 5']);
});

test('what is being loaded is told that it is taken back, and holds no place; others take turns', async () => {
  const loads: string[] = [];
  const batcher = new Batcher<string, string, string>(
    (source, signal) => {
      loads.push(source);
      // Some never end, whether told or not.
      return source === 'endless' ? new Promise(() => signal.aborted) : Promise.resolve(source);
    },
    async (items) => items,
    { size: 1, streams: 1, limit: 10, windowMs: 5 },
  );
  const gone = new AbortController();
  const hostile = batcher.submit(['endless', 'endless', 'endless', 'endless'], gone.signal);
  const other = batcher.submit(['a', 'b'], never());
  assert.equal(loads, ['endless', 'endless']);
  gone.abort('gone');
  assert.is(await hostile.catch((reason: unknown) => reason), 'gone');
  assert.equal(
    (await other).map((one) => one.status === 'fulfilled' && one.value),
    ['a', 'b'],
  );
  assert.equal(loads, ['endless', 'endless', 'a', 'b']);
  assert.is(batcher.queued, 0);
});

test.run();
