/**
 * Measures the service under load, beside the library called directly with the same image: 64 loopback connections send
 * a request as soon as the previous one is answered. The service runs in its own process, started as by
 * `resnet-coco serve`.
 *
 * Usage: npm run bench:serve -- [--seconds 60] [--connections 64] [--model NAME|FILE,…] [--picture FILE]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { Detector, loadModel } from '../detection/index.ts';
import { median } from './contest.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    connections: { type: 'string', default: '64' },
    model: { type: 'string', default: 'cifar10-resnet20' },
    picture: { type: 'string', default: 'samples/cat.jpg' },
  },
});
const seconds = Number(values.seconds);
const picture = readFileSync(values.picture);
const STREAMS = 2;

/** Images per second of the library itself, with the fastest batch. */
async function direct(name: string) {
  const model = await loadModel(name, { streams: STREAMS });
  const detects = model instanceof Detector;
  let best = { rate: 0, batch: 1 };
  for (const batch of detects ? [1, 4] : [1, 8, 32]) {
    const rates: number[] = [];
    for (let round = 0; round < 4; round++) {
      const count = Math.max(16, 4 * batch);
      const began = performance.now();
      if (detects) for await (const _ of model.detectAll(Array(count).fill(values.picture), { batch }));
      else for await (const _ of model.logitsAll(Array<Buffer>(count).fill(picture), { batch }));
      if (round) rates.push((1000 * count) / (performance.now() - began));
    }
    if (median(rates) > best.rate) best = { rate: median(rates), batch };
  }
  await model.dispose();
  return { ...best, detects };
}

async function start(model: string): Promise<{ readonly child: ChildProcess; readonly address: string }> {
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const args = [main, 'serve', '--quiet', '--port', '0', '--model', model, '--queue', '1000'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { child, address: value };
}

/** Memory of the service's process in MB, from its metrics. */
async function memory(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20;
}

for (const model of values.model.split(',')) {
  const { batch, detects, rate } = await direct(model);
  const { address, child } = await start(model);
  const load = (duration: number) =>
    autocannon({
      url: `${address}/v1/${detects ? 'detect' : 'classify'}`,
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: picture,
      connections: Number(values.connections),
      timeout: 60,
      duration,
    });
  await load(Math.min(10, seconds));
  const before = await memory(address);
  const { errors, latency, non2xx, requests, timeouts } = await load(seconds);
  const after = await memory(address);
  child.kill('SIGTERM');
  const code = await new Promise((resolve) => child.once('exit', resolve));
  console.log(`${model}: ${requests.total} requests in ${seconds} s on ${values.connections} connections
  served   ${requests.average.toFixed(1)}/s, ${(requests.average / rate).toFixed(2)} of the library's; p50 ${latency.p50} ms, p99 ${latency.p99} ms
  library  ${rate.toFixed(1)}/s, batch ${batch}
  failed   ${errors + timeouts + non2xx}; memory ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after; ended with ${code}`);
}
