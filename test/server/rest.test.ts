import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchRequests } from '../../server/drain.ts';
import { restWhenIdle } from '../../server/rest.ts';

const test = suite('rest');

test('what nobody holds is collected once nothing is asked any more', async () => {
  const app = Fastify();
  watchRequests(app);
  restWhenIdle(app, 5);
  let body: WeakRef<object> | undefined;
  app.get('/', async () => {
    body = new WeakRef({ large: Buffer.alloc(1000) });
    return {};
  });
  await app.inject('/');
  for (let i = 0; i < 500 && body!.deref(); i++) await sleep(20);
  assert.is(body!.deref(), undefined);
  await app.close();
});

test.run();
