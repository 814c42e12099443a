/**
 * Measures what maliciously large images cost the service. Each kind is sent sixteen at a time, while small photographs
 * are classified beside. Prints the answers, the slowest small request, and the memory at its peak and afterwards.
 *
 * Usage: npm run bench:pictures -- [--kind PART] [--calm 60] [--task detect]     (Linux)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deflateSync } from 'node:zlib';
import { scannedJpeg } from '../test/datasets/images/scanned-jpeg.ts';
import { pngFile } from '../test/datasets/images/test-png.ts';
import { servingProcess } from './service-process.ts';

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: '' },
    calm: { type: 'string', default: '60' },
    task: { type: 'string', default: 'classify' },
  },
});

const SIDE = 7071;
const COUNT = 16;
const MEGABYTE = 2 ** 20;

/** A JPEG with a number of scans. A damaged one lacks bits in the middle, and its last row is black. */
const jpeg = (side: number, scans: number) => () => scannedJpeg(side, side, scans);
const png = (side: number, colorType: number, depth: number, channels: number) => () => {
  const row = 1 + (side * depth * channels) / 8;
  const rows = Buffer.alloc(Math.ceil(row) * side);
  for (let y = 0; y < side; y++) rows[y * Math.ceil(row)] = 4; // the slowest filter
  return pngFile(side, side, { colorType, depth }, deflateSync(rows));
};

/** A JPEG with more refinement scans than its blocks allow, so that libjpeg warns of each. */
function damagedJpeg(): Buffer {
  const bytes = scannedJpeg(SIDE, SIDE, 11);
  return Buffer.concat([bytes.subarray(0, -20), bytes.subarray(-2)]);
}

/** A number of empty segments before the frame. */
function segments(): Buffer {
  const bytes = scannedJpeg(64, 64, 3);
  const empty = Buffer.alloc(19 * MEGABYTE, Buffer.of(0xff, 0xe4, 0, 2));
  return Buffer.concat([bytes.subarray(0, 2), empty, bytes.subarray(2)]);
}

function chunks(): Buffer {
  const bytes = png(64, 2, 8, 3)();
  const empty = pngFile(1, 1, { colorType: 0 }, Buffer.alloc(0)).subarray(33, 45);
  return Buffer.concat([
    bytes.subarray(0, 33),
    Buffer.alloc(12 * Math.floor((19 * MEGABYTE) / 12), empty),
    bytes.subarray(33),
  ]);
}

/** A BMP in RLE8 with nothing but a header. */
function bmp(): Buffer {
  const bytes = Buffer.alloc(54 + 1024 + 2);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(1078, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(SIDE, 18);
  bytes.writeInt32LE(SIDE, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(8, 28);
  bytes.writeUInt32LE(1, 30);
  bytes.set([0, 1], 1078);
  return bytes;
}

interface Kind {
  readonly name: string;
  readonly make: () => Buffer;
  /** Whether all images are in one request, or each in its own. */
  readonly together?: boolean;
  readonly count?: number;
}

const kinds: readonly Kind[] = [
  { name: 'a photograph, for comparison', make: () => readFileSync('samples/cat.jpg'), together: true },
  { name: 'JPEG, 50 Mpx, 11 scans', make: jpeg(SIDE, 11), together: true },
  { name: 'JPEG, 50 Mpx, 11 scans, apart', make: jpeg(SIDE, 11) },
  { name: 'JPEG, 50 Mpx, 62 scans', make: jpeg(SIDE, 62), together: true },
  { name: 'JPEG, 12 Mpx, 48 scans', make: jpeg(3500, 48), together: true },
  { name: 'JPEG, 4 Mpx, 140 scans, apart', make: jpeg(2000, 140), count: 48 },
  { name: 'JPEG, 50 Mpx, damaged', make: damagedJpeg, together: true },
  { name: 'JPEG, 50 Mpx, damaged, apart', make: damagedJpeg },
  { name: 'PNG, 50 Mpx, RGBA of 16 bits', make: png(SIDE, 6, 16, 4), together: true },
  { name: 'PNG, 50 Mpx, RGBA of 16 bits, apart', make: png(SIDE, 6, 16, 4) },
  { name: 'PNG, 50 Mpx, gray of 1 bit, apart', make: png(7072, 0, 1, 1) },
  { name: 'PNG, 8 Mpx, RGBA of 16 bits, apart', make: png(2828, 6, 16, 4), count: 48 },
  { name: 'BMP, 50 Mpx, RLE8, apart', make: bmp },
  { name: 'JPEG of 5 million segments, apart', make: segments, count: 4 },
  { name: 'PNG of 1.6 million chunks, apart', make: chunks, count: 4 },
];

async function start(): Promise<{ readonly child: ChildProcess; readonly address: string }> {
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'serve', '--quiet', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { child, address: value };
}

const memory = (pid: number, field: 'VmHWM' | 'VmRSS'): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

function form(pictures: readonly Buffer[]): FormData {
  const data = new FormData();
  for (const [i, bytes] of pictures.entries()) data.append('files', new Blob([bytes]), `${i}`);
  return data;
}

const { address, child } = await start();
const pid = servingProcess(child.pid!);
const photograph = readFileSync('samples/cat.jpg');
const small = async (): Promise<{ readonly status: number; readonly ms: number }> => {
  const began = performance.now();
  const { status, ...reply } = await fetch(`${address}/v1/classify?model=cifar10-resnet20`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: photograph,
  }).then(async (reply) => ({ status: reply.status, text: await reply.text() }));
  void reply;
  return { status, ms: performance.now() - began };
};

for (let i = 0; i < 20; i++) await small();
for (const { name, make, together, count = COUNT } of kinds) {
  if (!name.includes(values.kind)) continue;
  const picture = make();
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // resets the peak
  const before = memory(pid, 'VmRSS');
  const began = performance.now();
  const bodies = together ? [form(Array(count).fill(picture))] : Array.from({ length: count }, () => form([picture]));
  const answers = bodies.map(async (body) => {
    const reply = await fetch(`${address}/v1/${values.task}`, { method: 'POST', body });
    const text = await reply.text();
    return `${reply.status}${text.includes('"error":"') ? ' in part' : ''}`;
  });
  let busy = true;
  const all = Promise.all(answers).finally(() => (busy = false));
  const others: Promise<{ status: number; ms: number }>[] = [];
  while (busy) {
    others.push(small());
    await sleep(100);
  }
  const statuses = new Map<string, number>();
  for (const status of await all) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const seconds = (performance.now() - began) / 1000;
  const asked = await Promise.all(others);
  const peak = memory(pid, 'VmHWM');
  await sleep(1000 * Number(values.calm));
  const refused = asked.filter(({ status }) => status !== 200).length;
  console.log(
    [
      `${name} (${(picture.length / MEGABYTE).toFixed(1)} MB each)`,
      [...statuses].map(([status, times]) => `${times} × ${status}`).join(', '),
      `${seconds.toFixed(1)} s`,
      `${asked.length} small: slowest ${Math.max(...asked.map(({ ms }) => ms)).toFixed(0)} ms, ${refused} refused`,
      `memory ${before.toFixed(0)} → ${peak.toFixed(0)} → ${memory(pid, 'VmRSS').toFixed(0)} MB`,
    ].join('; '),
  );
}
child.kill('SIGTERM');
