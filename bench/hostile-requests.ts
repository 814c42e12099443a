/**
 * Sends hostile requests of many kinds to a service in its own process, and a normal request each second. Prints the
 * number of answers per status, faults of the service (a 5xx other than 503 and 504), the slowest normal request, and
 * the memory of the service: before, at its peak, and a minute later.
 *
 * Usage: npm run bench:hostile -- [--count 10000] [--seed 0] [--kind KIND] [--side-by-side 24] [--rest 60]
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../io/random.ts';
import { type Hostile, hostileKinds, normalRequest } from './hostile/kinds.ts';
import { servingProcess } from './service-process.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '0' },
    kind: { type: 'string' },
    'side-by-side': { type: 'string', default: '24' },
    rest: { type: 'string', default: '60' },
  },
});
/** A request without an answer for this long gets none. */
const PATIENCE_MS = 90_000;

const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const args = ['serve', '--port', '0', '--model', 'cifar10-resnet20,coco-mini-resnet18-fpn'];
const service = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
const faults: string[] = [];
createInterface({ input: service.stderr }).on('line', (line) => {
  if (line.includes('"level":50') || line.includes('"level":60')) faults.push(line.slice(0, 1000));
});
let hasEnded = false;
service.once('exit', () => {
  hasEnded = true;
});
const { value: address } = await createInterface({ input: service.stdout })[Symbol.asyncIterator]().next();
const port = Number(new URL(address).port);

/** The service's current memory in MB. */
function memory(): number {
  try {
    const [, kilobytes] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${servingProcess(service.pid!)}/status`, 'latin1')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}

/** The status of the answer, or the reason why there is none. */
function send({ bytes, endsAfterMs, pieces = 1 }: Hostile): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    const timer = setTimeout(() => {
      answer ||= endsAfterMs === undefined ? 'silence' : 'left';
      socket.destroy();
    }, endsAfterMs ?? PATIENCE_MS);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      answer += data.toString('latin1', 0, 40);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? (answer || 'closed'));
    });
    void (async () => {
      const length = Math.ceil(bytes.length / pieces);
      for (let i = 0; i < pieces && !socket.destroyed; i++) {
        socket.write(bytes.subarray(i * length, (i + 1) * length));
        if (pieces > 1) await sleep(20);
      }
    })();
  });
}

const normal: { readonly status: string; readonly ms: number }[] = [];
async function askNormally(): Promise<void> {
  const began = performance.now();
  const status = await send(normalRequest);
  normal.push({ status, ms: performance.now() - began });
}

await askNormally();
await sleep(2000);
const before = memory();
let peak = before;
const sampler = setInterval(() => {
  peak = Math.max(peak, memory());
}, 200);
const asking: Promise<void>[] = [];
const clock = setInterval(() => asking.push(askNormally()), 1000);

const counts = new Map<string, Map<string, number>>();
const random = new Random(Number(values.seed));
const chosen = Object.entries(hostileKinds).filter(([kind]) => values.kind === undefined || kind === values.kind);
if (!chosen.length) throw new Error(`--kind is one of ${Object.keys(hostileKinds).join(', ')}`);
const shares = chosen.flatMap(([kind, { share, make }]) => Array(share).fill({ kind, make })) as {
  readonly kind: string;
  readonly make: (random: Random) => Hostile;
}[];
let left = Number(values.count);
const began = performance.now();
await Promise.all(
  Array.from({ length: Number(values['side-by-side']) }, async () => {
    while (left-- > 0 && !hasEnded) {
      const { kind, make } = shares[random.integer(shares.length)];
      const status = await send(make(random));
      const ofKind = counts.get(kind) ?? new Map<string, number>();
      counts.set(kind, ofKind.set(status, (ofKind.get(status) ?? 0) + 1));
    }
  }),
);
const seconds = (performance.now() - began) / 1000;
clearInterval(clock);
await Promise.all(asking);
clearInterval(sampler);
await sleep(1000 * Number(values.rest));
const after = memory();
const last = normal.length;
await askNormally();
const isAlive = !hasEnded && normal[last].status === '200';
service.kill('SIGTERM');
const code = hasEnded ? service.exitCode : await new Promise((resolve) => service.once('exit', resolve));

const total: Record<string, number> = {};
for (const [kind, statuses] of [...counts].sort()) {
  for (const [status, count] of statuses) total[status] = (total[status] ?? 0) + count;
  console.log(`${kind}: ${[...statuses].map(([status, count]) => `${status} ${count}`).join(', ')}`);
}
const refused = normal.filter(({ status }) => status !== '200');
const times = normal.map(({ ms }) => ms).sort((a, b) => a - b);
console.log(`in all: ${JSON.stringify(total)} in ${seconds.toFixed(0)} s, seed ${values.seed}
normal requests: ${normal.length}, of which not 200: ${JSON.stringify(refused.map(({ status }) => status))}; \
median ${times[times.length >> 1].toFixed(0)} ms, slowest ${times.at(-1)!.toFixed(0)} ms
memory: ${before.toFixed(0)} MB before, ${peak.toFixed(0)} at most, ${after.toFixed(0)} after ${values.rest} s
ended with ${code}; errors in the log: ${faults.length}`);
for (const fault of faults.slice(0, 10)) console.log(fault);
const isFault = Object.keys(total).some((status) => /^5/.test(status) && !['503', '504'].includes(status));
process.exitCode = isFault || !isAlive || faults.length ? 1 : 0;
