import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { collectGarbage } from '../../io/collect-garbage.ts';

const test = suite('collect-garbage');

test('what nobody holds is collected, again and again', async () => {
  for (let i = 0; i < 2; i++) {
    const reference = new WeakRef({ large: Buffer.alloc(1000) });
    await sleep(1);
    collectGarbage();
    assert.is(reference.deref(), undefined);
  }
});

test('many threads at once do not fail', async () => {
  const module = new URL('../../io/collect-garbage.js', import.meta.url).href;
  const code = `import('${module}').then(({ collectGarbage }) => { for (let i = 0; i < 5; i++) collectGarbage(); });`;
  const codes = await Promise.all(
    Array.from({ length: 6 }, () => {
      const worker = new Worker(code, { eval: true, execArgv: [] });
      return new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
    }),
  );
  assert.equal(codes, [0, 0, 0, 0, 0, 0]);
});

test.run();
