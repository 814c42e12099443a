import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ImagePool } from '../../../datasets/index.ts';
import { mapOrdered } from '../../../io/threads/map-ordered.ts';
import { onAbort } from '../../../io/threads/on-abort.ts';

test('each action is called once, but for those that were taken back', () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const add = (name: string) => onAbort(controller.signal, () => calls.push(name));
  const releases = ['a', 'b', 'c', 'd'].map(add);
  releases[1]();
  releases[1]();
  controller.abort();
  controller.abort();
  assert.equal(calls, ['a', 'c', 'd']);
  for (const release of releases) release();
  onAbort(undefined, () => calls.push('none'))();
  assert.is(calls.length, 3);
});

test('a signal whose actions were all taken back is watched again', () => {
  const controller = new AbortController();
  const calls: string[] = [];
  onAbort(controller.signal, () => calls.push('first'))();
  onAbort(controller.signal, () => calls.push('second'));
  controller.abort();
  assert.equal(calls, ['second']);
});

test('Node warns of no leak, however many images and loops wait for one signal', async () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.name);
  process.on('warning', onWarning);
  const pool = new ImagePool({ threads: 1 });
  try {
    const { signal } = new AbortController();
    const picture = { width: 2, height: 2, data: new Uint8Array(12) };
    const transform = {
      kind: 'classification',
      crop_size: 2,
      resize_size: null,
      image_mean: [0, 0, 0],
      image_std: [1, 1, 1],
    } as const;
    await Promise.all(Array.from({ length: 30 }, () => pool.load(picture, transform, { signal })));
    const drain = async (results: AsyncIterable<unknown>) => {
      for await (const _ of results);
    };
    const many = Array.from({ length: 40 }, () => picture);
    await Promise.all(Array.from({ length: 30 }, () => drain(mapOrdered([1, 2, 3], 2, () => sleep(1), signal))));
    await drain(pool.prefetch(many, transform, { ahead: 40, signal }));
    await sleep(0);
    assert.equal(warnings, []);
  } finally {
    process.off('warning', onWarning);
    await pool.close();
  }
});

test.run();
