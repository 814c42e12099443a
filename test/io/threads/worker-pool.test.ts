import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../../errors.ts';
import { WorkerPool } from '../../../io/threads/worker-pool.ts';

const test = suite('worker-pool');
const folder = mkdtempSync(join(tmpdir(), 'worker-pool-'));
test.after(() => rmSync(folder, { recursive: true }));

/** Answers a job with its thread and itself, in its own time; some never end, or end the thread. */
const module = pathToFileURL(join(folder, 'worker.mjs'));
writeFileSync(
  module,
  `import { parentPort, threadId } from 'node:worker_threads';
  parentPort.on('message', (job) => {
    if (job === 'endless') for (;;);
    if (job === 'fatal') throw new Error('gone');
    if (job === 'exit') process.exit(7);
    parentPort.postMessage({ result: { job, threadId }, held: job === 'large' ? 2 ** 30 : 0 });
  });`,
);

interface Result {
  readonly job: string;
  readonly threadId: number;
}
const poolOf = (threads: number, options: { returnsMemory?: boolean; idleMs?: number; standby?: number } = {}) => {
  const failures: string[] = [];
  const failure = (job: string, reason: string) => {
    failures.push(`${job}: ${reason}`);
    return new ResnetCocoError('BAD_IMAGE', reason);
  };
  return {
    failures,
    pool: new WorkerPool<string, Result>({ name: 'test pool', module, threads, failure, ...options }),
  };
};
const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );

test('a job that waits and is taken back is never begun', async () => {
  const { pool, failures } = poolOf(1);
  const first = pool.run('first');
  const gone = new AbortController();
  // If it were begun, the pool would never answer again.
  const waiting = reasonOf(pool.run('endless', gone.signal));
  const last = pool.run('last');
  gone.abort('gone');
  assert.is(await waiting, 'gone');
  const { threadId } = await first;
  assert.equal(await last, { job: 'last', threadId });
  assert.is(await reasonOf(pool.run('endless', gone.signal)), 'gone');
  assert.equal(failures, []);
  await pool.close();
});

test('of a running job that is taken back the thread is ended and replaced, and nothing is told twice', async () => {
  const { pool, failures } = poolOf(1);
  const { threadId } = await pool.run('first');
  const gone = new AbortController();
  const running = reasonOf(pool.run('endless', gone.signal));
  const next = pool.run('next');
  gone.abort('late');
  assert.is(await running, 'late');
  const result = await next;
  assert.is(result.job, 'next');
  assert.is.not(result.threadId, threadId);
  const late = new AbortController();
  const last = reasonOf(pool.run('endless', late.signal));
  late.abort('late');
  await pool.close();
  assert.is(await last, 'late');
  assert.equal(failures, []);
});

test('a job that is done in time keeps its thread, whoever waits for it', async () => {
  const { pool } = poolOf(1);
  const { threadId } = await pool.run('first');
  for (let i = 0; i < 20; i++) {
    const gone = new AbortController();
    const running = reasonOf(pool.run(`${i}`, gone.signal));
    gone.abort(i);
    assert.is(await running, i);
  }
  assert.equal(await pool.run('last'), { job: 'last', threadId });
  await pool.close();
});

test('a job that ends its thread fails alone, once', async () => {
  const { pool, failures } = poolOf(1);
  const results = await Promise.allSettled(['fatal', 'a', 'exit', 'b'].map((job) => pool.run(job)));
  assert.equal(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal(failures, ['fatal: gone', 'exit: its thread ended with exit code 7']);
  await pool.close();
});

test('threads without a job end after a while, all but one, where that is asked for', async () => {
  const jobs = ['a', 'b', 'c'];
  const { pool } = poolOf(3, { idleMs: 1 });
  const first = (await Promise.all(jobs.map((job) => pool.run(job)))).map(({ threadId }) => threadId);
  assert.is(new Set(first).size, 3);
  while (pool.threads > 1) await sleep(1);
  await sleep(20);
  assert.is(pool.threads, 1);
  assert.ok(first.includes((await pool.run('d')).threadId));
  const { threadId } = await pool.run('e');
  assert.equal(
    (await Promise.all(jobs.map((job) => pool.run(job))))
      .filter((one) => first.includes(one.threadId))
      .map((one) => one.threadId),
    [threadId],
  );
  await pool.close();
  assert.is(pool.threads, 0);
  const { pool: ending } = poolOf(2, { idleMs: 1, standby: 0 });
  await Promise.all(jobs.map((job) => ending.run(job)));
  while (ending.threads > 0) await sleep(1);
  assert.is((await ending.run('f')).job, 'f');
  await ending.close();
  const { pool: staying } = poolOf(2);
  await Promise.all(jobs.map((job) => staying.run(job)));
  await sleep(20);
  assert.is(staying.threads, 2);
  await staying.close();
});

test('a thread that holds much memory after its job is replaced, where memory is to come back', async () => {
  for (const returnsMemory of [true, false]) {
    const { pool, failures } = poolOf(1, { returnsMemory });
    const jobs = ['a', 'large', 'b', 'c', 'large'];
    const threads = (await Promise.all(jobs.map((job) => pool.run(job)))).map(({ threadId }) => threadId);
    assert.is(threads[0], threads[1]);
    assert.is(threads[1] === threads[2], !returnsMemory);
    assert.is(threads[2], threads[3]);
    assert.is(threads[3], threads[4]);
    await pool.close();
    assert.equal(failures, []);
  }
});

test('who has many jobs takes turns with others', async () => {
  const { pool } = poolOf(1);
  const order: string[] = [];
  const signals = { a: new AbortController().signal, b: new AbortController().signal, c: undefined };
  const jobs = [...'aaaabbcac'] as (keyof typeof signals)[];
  await Promise.all(jobs.map(async (job) => order.push((await pool.run(job, signals[job])).job)));
  assert.is(order.join(''), 'abcabcaaa');
  await pool.close();
});

test.run();
