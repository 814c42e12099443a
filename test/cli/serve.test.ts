import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from '../shared-data.ts';

const test = suite('serve command');
const main = join(projectRoot, 'dist', 'cli', 'main.js');
const cat = join(projectRoot, 'samples', 'cat.jpg');

/** The command, and the address that it prints once it listens. */
async function serve(...args: string[]): Promise<{ child: ChildProcess; address: string; stderr: () => string }> {
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', '--threads', '1', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { child, address: value, stderr: () => text };
}

const ask = async (address: string): Promise<{ status: number; text: string }> => {
  const form = new FormData();
  form.append('files', new Blob([readFileSync(cat)]), 'cat.jpg');
  const reply = await fetch(`${address}/v1/classify`, { method: 'POST', body: form });
  return { status: reply.status, text: await reply.text() };
};

test('answers as classify --json does; SIGTERM under load loses nothing and ends with 0', async () => {
  const { address, child, stderr } = await serve('--model', 'cifar10-resnet20');
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+$/);
  const args = [main, 'classify', cat, '--model', 'cifar10-resnet20', '--threads', '1', '--json', '--quiet'];
  const [expected] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  assert.equal(JSON.parse((await ask(address)).text), [{ ...expected, file: 'cat.jpg' }]);

  const answers: Promise<number | string>[] = [];
  const ended = once(child, 'exit');
  for (let i = 0; i < 60; i++) {
    answers.push(
      ask(address).then(
        ({ status }) => status,
        (error: Error) => String(error.cause),
      ),
    );
    if (i === 40) {
      // On a busy machine what was sent may not have left yet.
      while (stderr().split('incoming request').length - 1 < 42) await sleep(1);
      child.kill('SIGTERM');
    }
    await sleep(2);
  }
  const statuses = await Promise.all(answers);
  assert.equal(await ended, [0, null]);
  // What was taken in before is answered; what comes when nobody listens any more is refused.
  for (const [i, status] of statuses.entries()) {
    if (i <= 40 || typeof status === 'number') assert.is(status, 200, `request ${i}: ${status}`);
  }
  assert.match(stderr(), /^cifar10-resnet20: classify, resnet20, 10 labels, on CPU, 1 thread/m);
});

test('SIGTERM with a form that never ends: the process ends when the form\u2019s time is up', async () => {
  const { address, child, stderr } = await serve('--model', 'cifar10-resnet20', '--timeout', '1', '--grace', '86400');
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  socket.on('error', () => {});
  const type = 'content-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked';
  socket.write(`POST /v1/classify HTTP/1.1\r\nhost: localhost\r\n${type}\r\n\r\n5\r\n--b\r\n\r\n`);
  while (!stderr().includes('incoming request')) await sleep(5);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  assert.equal(await ended, [0, null]);
});

(process.platform === 'linux' ? test : test.skip)(
  'it runs with settings of glibc that give memory back, which whoever starts it may choose; it ends with the process that started it',
  async () => {
    const read = (path: string) => readFileSync(path, 'utf8');
    const { address, child } = await serve('--model', 'cifar10-resnet20');
    const server = Number(read(`/proc/${child.pid}/task/${child.pid}/children`).trim());
    assert.match(read(`/proc/${server}/environ`), /MALLOC_ARENA_MAX=2\0/);
    child.kill('SIGKILL');
    while (existsSync(`/proc/${server}`)) await sleep(5);
    await fetch(`${address}/healthz`).then(
      () => assert.unreachable('nobody should answer'),
      () => {},
    );

    process.env.MALLOC_ARENA_MAX = '7';
    const own = await serve('--model', 'cifar10-resnet20');
    delete process.env.MALLOC_ARENA_MAX;
    assert.is(read(`/proc/${own.child.pid}/task/${own.child.pid}/children`), '');
    const ended = once(own.child, 'exit');
    own.child.kill('SIGTERM');
    assert.equal(await ended, [0, null]);
  },
);

test('a model that is not there, and a port that is taken, end it with 2', async () => {
  const first = await serve('--model', 'cifar10-resnet20', '--quiet');
  const port = new URL(first.address).port;
  const run = async (...args: string[]) => {
    const child = spawn(process.execPath, [main, 'serve', '--threads', '1', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.on('data', (data) => {
      text += data;
    });
    const [code] = await once(child, 'exit');
    return `${code} ${text}`;
  };
  assert.match(await run('--model', 'none-of-ours'), /^2 resnet-coco: .*none-of-ours/);
  assert.match(
    await run('--model', 'cifar10-resnet20', '--quiet', '--port', port),
    new RegExp(`^2 resnet-coco: 127\\.0\\.0\\.1:${port} is taken.*--port`),
  );
  first.child.kill('SIGINT');
  assert.equal(await once(first.child, 'exit'), [0, null]);
});

test.run();
