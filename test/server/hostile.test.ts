import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../io/random.ts';
import { createServer, type Server } from '../../server/index.ts';
import { projectRoot } from '../shared-data.ts';
import { claimedPng } from './small-models.ts';

const test = suite('hostile requests');
const REQUESTS = 500;
const SIDE_BY_SIDE = 40;
const TOKEN = 'open sesame';
const cat = readFileSync(join(projectRoot, 'samples', 'cat.jpg'));
/** What stalls is timed, in a service of its own: the others may take as long as a busy machine does. */
let services: Record<'patient' | 'hasty', { readonly server: Server; readonly port: number }>;

test.before(async () => {
  const start = async (timeoutSeconds: number) => {
    const server = await createServer({
      models: ['cifar10-resnet20'],
      threads: 1,
      token: TOKEN,
      timeoutSeconds,
      maxBytes: 200_000,
      maxFiles: 4,
      queue: 1000,
    });
    await server.listen({ port: 0 });
    return { server, port: (server.app.server.address() as AddressInfo).port };
  };
  services = { patient: await start(600), hasty: await start(1) };
});
test.after(async () => {
  for (const { server } of Object.values(services)) await server.close();
});

/** A request as bytes; `ends` closes the sender's half after them. */
interface Hostile {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly ends?: boolean;
}

const noise = (random: Random, length: number) => Buffer.from(Array.from({ length }, () => random.integer(256)));
const request = (path: string, headers: Record<string, string | number>, body: Buffer | string = '') => {
  const all = { host: 'x', authorization: `Bearer ${TOKEN}`, connection: 'close', ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n`), Buffer.from(body)]);
};
const sized = (path: string, type: string, body: Buffer | string) =>
  request(path, { 'content-type': type, 'content-length': Buffer.byteLength(body) }, body);
const json = (body: string) => sized('/v1/classify', 'application/json', body);
const part = (name: string, body: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`--b\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
const form = (...parts: Buffer[]) =>
  sized('/v1/classify', 'multipart/form-data; boundary=b', Buffer.concat([...parts, Buffer.from('--b--\r\n')]));

const kinds: Record<string, (random: Random) => Omit<Hostile, 'kind'>> = {
  'noise as a picture': (random) => ({
    bytes: sized('/v1/classify', 'image/jpeg', noise(random, random.integer(3000))),
  }),
  'a picture cut off': (random) => ({ bytes: form(part('c.jpg', cat.subarray(0, 2 + random.integer(8000)))) }),
  'a picture of holes': (random) => {
    const broken = Buffer.from(cat.subarray(0, 600 + random.integer(9000)));
    for (let i = 0; i < 40; i++) broken[random.integer(600)] = random.integer(256);
    return { bytes: sized('/v1/classify', 'image/jpeg', broken) };
  },
  'a bomb': (random) => ({
    bytes: form(part('bomb.png', claimedPng(20_000 + random.integer(1e6), 20_000 + random.integer(1e6)))),
  }),
  'a wrong type': (random) => {
    const types = ['text/html', 'application/xml', 'video/mp4', 'x', 'multipart/mixed; boundary=b'];
    return { bytes: sized('/v1/classify', types[random.integer(types.length)], noise(random, 50)) };
  },
  'a broken form': (random) => ({
    bytes: sized(
      '/v1/classify',
      'multipart/form-data; boundary=b',
      Buffer.concat([part('a.jpg', cat), noise(random, 99)]).subarray(0, random.integer(500)),
    ),
  }),
  'too many files': () => ({ bytes: form(...Array.from({ length: 6 }, () => part('a.jpg', cat))) }),
  'a file that is too large': () => ({ bytes: form(part('a.jpg', Buffer.alloc(250_000))) }),
  'a length that is too large': () => ({
    bytes: request('/v1/classify', { 'content-type': 'image/png', 'content-length': 9e15 }, 'abc'),
  }),
  'JSON that is none': (random) => ({ bytes: json(noise(random, random.integer(300)).toString('latin1')) }),
  'JSON that goes deep': () => ({ bytes: json(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) }),
  'JSON with a prototype': () => ({ bytes: json('{"__proto__": {"image": "aaaa"}, "image": "aaaa"}') }),
  'an address': () => ({ bytes: json('{"image": "http://169.254.169.254/latest/meta-data"}') }),
  'a number beyond reason': (random) => ({
    bytes: sized(`/v1/classify?top=${['-1', 'NaN', '1e99', '%00', '[]'][random.integer(5)]}`, 'image/jpeg', cat),
  }),
  'a path out of the house': (random) => {
    const paths = [
      '/../../etc/passwd',
      '/samples/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/x',
      '/page.ts',
      '//x',
      '/%00',
      '/%',
      '/v1/../..',
    ];
    const path = paths[random.integer(paths.length)];
    return { bytes: Buffer.from(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`) };
  },
  'a wrong token': (random) => ({
    bytes: request('/v1/classify', {
      authorization: `Bearer ${noise(random, 12).toString('hex')}`,
      'content-length': 0,
    }),
  }),
  'huge headers': () => ({ bytes: request('/v1/classify', { 'x-large': 'y'.repeat(100_000), 'content-length': 0 }) }),
  'two lengths': () => ({
    bytes: request(
      '/v1/classify',
      { 'content-length': 4, 'transfer-encoding': 'chunked' },
      '0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n',
    ),
  }),
  'no HTTP': (random) => ({ bytes: Buffer.concat([noise(random, 200), Buffer.from('\r\n\r\n')]) }),
  'half a body': () => ({
    bytes: request('/v1/classify', { 'content-type': 'image/jpeg', 'content-length': 5000 }, cat.subarray(0, 900)),
    ends: true,
  }),
};
/** Those wait for the time limit. */
const slow: Record<string, () => Omit<Hostile, 'kind'>> = {
  'a body that stops': () => ({
    bytes: request('/v1/classify', { 'content-type': 'image/jpeg', 'content-length': 5000 }, cat.subarray(0, 900)),
  }),
  'headers that stop': () => ({ bytes: Buffer.from('POST /v1/classify HTTP/1.1\r\nhost: x\r\nx-a: ') }),
};

/** The status that comes back; 0 where the connection is closed without one. */
function send({ bytes, ends }: Omit<Hostile, 'kind'>, { port }: { readonly port: number }): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)));
    socket.write(bytes);
    if (ends) socket.end();
  });
}

const ask = async ({ port }: { readonly port: number }) => {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'image/jpeg' };
  const reply = await fetch(`http://127.0.0.1:${port}/v1/classify`, { method: 'POST', body: cat, headers });
  return `${reply.status} ${await reply.text()}`;
};

test(`${REQUESTS} of them get a 4xx or a closed connection, and the service is right afterwards`, async () => {
  const before = await ask(services.patient);
  assert.match(before, /^200 .*"cat"/);
  const random = new Random(7);
  const names = Object.keys(kinds);
  const all = Array.from({ length: REQUESTS }, (_, i): Hostile => {
    const kind = names[i % names.length];
    return { kind, ...kinds[kind](random) };
  });
  const statuses = new Map<string, Set<number>>();
  let next = 0;
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      while (next < all.length) {
        const one = all[next++];
        const seen = statuses.get(one.kind) ?? new Set();
        statuses.set(one.kind, seen.add(await send(one, services.patient)));
      }
    }),
  );
  for (const [kind, seen] of statuses) {
    for (const status of seen) {
      // Noise may claim to be a large picture, of which only some may wait.
      const isFine = status === 0 || (status >= 400 && status < 500) || status === 503;
      assert.ok(isFine, `${kind}: ${[...seen]}`);
    }
  }
  // Where the request could be understood, the answer is clear.
  const clear = { 'a bomb': 413, 'too many files': 413, 'an address': 400, 'a wrong token': 401, 'huge headers': 431 };
  for (const [kind, status] of Object.entries(clear))
    assert.ok(statuses.get(kind)!.has(status), `${kind}: ${[...statuses.get(kind)!]}`);
  assert.is(await ask(services.patient), before);
});

test('what stalls is told that its time is up', async () => {
  const all = Array.from({ length: 10 }, () => Object.values(slow).map((make) => send(make(), services.hasty))).flat();
  assert.equal([...new Set(await Promise.all(all))], [408]);
  assert.match(await ask(services.patient), /^200 .*"cat"/);
});

test.run();
