import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapOrdered } from '../../../io/threads/map-ordered.ts';

const test = suite('map-ordered');

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

/** Tasks that end when they are told to. */
function gates() {
  const open = new Map<number, () => void>();
  const signals = new Map<number, AbortSignal>();
  return {
    begun: () => [...signals.keys()],
    open: (item: number) => open.get(item)?.(),
    signal: (item: number) => signals.get(item),
    task: (item: number, _: number, signal: AbortSignal) => {
      signals.set(item, signal);
      return new Promise<number>((resolve) => open.set(item, () => resolve(item)));
    },
  };
}

/** Lets everything happen that can. */
const settled = () => sleep(0);

test('gives results in the order of the items, whichever is done first, with their places', async () => {
  const { begun, open, task } = gates();
  const results = collect(
    mapOrdered([5, 6, 7], 3, async (item, index, signal) => [await task(item, 0, signal), index]),
  );
  await settled();
  assert.equal(begun(), [5, 6, 7]);
  for (const item of [7, 5, 6]) {
    open(item);
    await settled();
  }
  assert.equal(await results, [
    [5, 0],
    [6, 1],
    [7, 2],
  ]);
});

test('takes streams and generators; of nothing comes nothing', async () => {
  async function* stream() {
    for (const item of [1, 2, 3]) {
      await settled();
      yield item;
    }
  }
  const double = async (item: number) => 2 * item;
  assert.equal(await collect(mapOrdered(stream(), 2, double)), [2, 4, 6]);
  assert.equal(await collect(mapOrdered(new Set([4, 5]).values(), 9, double)), [8, 10]);
  assert.equal(await collect(mapOrdered([], 2, double)), []);
});

for (const limit of [1, 2, 3]) {
  test(`never has more than ${limit} of ${limit} under way, done ones that wait and the one in hand included`, async () => {
    let [held, most, running, side] = [0, 0, 0, 0];
    const task = async (item: number) => {
      most = Math.max(most, ++held);
      side = Math.max(side, ++running);
      await settled();
      running--;
      return item;
    };
    const items = Array.from({ length: 20 }, (_, i) => i);
    for await (const item of mapOrdered(items, limit, task)) {
      await settled();
      held--;
      assert.ok(item < 20);
    }
    assert.is(most, limit);
    assert.is(side, Math.max(1, limit));
  });
}

test('gives a result at its turn while the source still prepares the next item', async () => {
  const endless = new Promise<never>(() => {});
  async function* stream() {
    yield 1;
    await endless;
  }
  const results = mapOrdered(stream(), 4, async (item) => item);
  assert.equal(await results.next(), { value: 1, done: false });
  // The source never answers, which keeps nobody from leaving.
  assert.equal(await results.return(), { value: undefined, done: true });
});

test('leaving the loop closes the source, tells what is under way, and begins nothing more', async () => {
  const { begun, open, signal, task } = gates();
  let closed = 0;
  function* source() {
    try {
      for (let item = 0; item < 100; item++) yield item;
    } finally {
      closed++;
    }
  }
  const results = mapOrdered(source(), 3, task);
  const first = results.next();
  await settled();
  open(0);
  await first;
  await results.return();
  await settled();
  assert.is(closed, 1);
  assert.equal(begun(), [0, 1, 2]);
  assert.is(signal(1)?.aborted, true);
});

test('an error is thrown in its turn, after the results before it; then nothing more begins', async () => {
  const begun: number[] = [];
  const seen: number[] = [];
  let stopped: AbortSignal | undefined;
  const task = async (item: number, _: number, signal: AbortSignal) => {
    begun.push(item);
    stopped = signal;
    if (item === 2) throw new Error('no 2');
    if (item < 2) for (let i = 0; i < 5; i++) await settled();
    return item;
  };
  const items = Array.from({ length: 50 }, (_, i) => i);
  try {
    for await (const item of mapOrdered(items, 4, task)) seen.push(item);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'no 2');
  }
  await settled();
  assert.equal(seen, [0, 1]);
  assert.ok(begun.length <= 4, `${begun}`);
  assert.is(stopped?.aborted, true);
});

test('an error of the source comes after the results of what it gave; a task that throws at once is no other', async () => {
  function* source() {
    yield 1;
    yield 2;
    throw new Error('no more');
  }
  const seen: number[] = [];
  try {
    for await (const item of mapOrdered(source(), 5, async (item) => item)) seen.push(item);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'no more');
  }
  assert.equal(seen, [1, 2]);
  const throwing = mapOrdered([1], 1, () => {
    throw new Error('at once');
  });
  await throwing.next().then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'at once'),
  );
});

test('the signal ends it at once, with what is under way told, without an error', async () => {
  const { begun, open, signal, task } = gates();
  const controller = new AbortController();
  const results = collect(mapOrdered([0, 1, 2, 3, 4], 2, task, controller.signal));
  await settled();
  open(0);
  await settled();
  controller.abort();
  assert.equal(await results, [0]);
  assert.equal(begun(), [0, 1, 2]);
  assert.is(signal(2)?.aborted, true);
  assert.equal(await collect(mapOrdered([0], 2, task, controller.signal)), []);
});

test('a failure that nobody waits for any more is no unhandled rejection', async () => {
  let unhandled = 0;
  const count = () => unhandled++;
  process.on('unhandledRejection', count);
  const fail = async (item: number) => {
    if (item > 0) throw new Error('late');
    return item;
  };
  for await (const _ of mapOrdered([0, 1, 2, 3], 4, fail)) break;
  for (let i = 0; i < 3; i++) await settled();
  process.off('unhandledRejection', count);
  assert.is(unhandled, 0);
});

test.run();
