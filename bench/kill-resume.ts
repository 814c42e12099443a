/**
 * Kills small trainings with SIGKILL at random moments, and resumes each with `--resume` until it is done. The model
 * and the measurements in the log must equal those of an undisturbed run, bit for bit. Seeded, except for the exact
 * moment of a kill.
 *
 * Usage: npm run bench:kills -- [--what backbone|detector] [--kills N] [--seed N] [--threads N]
 *   [--minutes N]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeImage } from '../datasets/index.ts';
import { Random } from '../io/random.ts';
import { paintedImages, smallHeads } from '../test/detection/training/painted-images.ts';
import { readLog, runFiles } from '../training/index.ts';

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'backbone' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const random = new Random(seed);
const root = mkdtempSync(join(tmpdir(), 'kill-resume-'));
const program = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** Maximum number of kills per run. */
const MOST_KILLS_OF_A_RUN = 8;

/** Images of two classes: two shades, with noise. */
async function shades(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const shade = i % 2 ? 'dark' : 'light';
    mkdirSync(join(folder, shade), { recursive: true });
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, () => (i % 2 ? 60 : 160) + random.integer(60));
    writeFileSync(join(folder, shade, `${i}.png`), await encodeImage({ width: 16, height: 16, data }, 'png'));
  }
}

/** Makes the data, and returns the flags of a training on it that takes some seconds. */
async function prepare(what: string): Promise<string[]> {
  const common = ['--workers', '1', '--checkpoint-minutes', '0', '--threads', values.threads];
  if (what === 'backbone') {
    const data = join(root, 'shades');
    await shades(join(data, 'train'), 64);
    await shades(join(data, 'val'), 8);
    const small = ['--arch', 'resnet8', '--size', '16', '--batch', '8', '--lr', '0.05', '--ema', '0.9'];
    return ['backbone', '--dataset', `imagefolder:${data}`, ...small, '--epochs', '8', ...common];
  }
  const [images, config, file] = [join(root, 'images'), join(root, 'config.json'), join(root, 'instances.json')];
  const { dataset } = await paintedImages(images, 7, seed);
  writeFileSync(file, JSON.stringify(dataset));
  writeFileSync(config, JSON.stringify(smallHeads));
  const data = ['--annotations', file, '--images', images, '--val-annotations', file, '--val-images', images];
  const small = ['--backbone', 'resnet18', '--config', config, '--min-size', '48', '--max-size', '64'];
  return [
    'detector',
    ...data,
    ...small,
    '--trainable-layers',
    '1',
    '--batch',
    '3',
    '--epochs',
    '4',
    '--eval-every',
    '2',
    ...common,
  ];
}

/** When to kill a process: milliseconds after its start, or after its first checkpoint. */
interface Kill {
  readonly from: 'start' | 'checkpoint';
  readonly after: number;
}

/** Changes with every checkpoint of the run. */
const versionOf = (last: string): number => statSync(last, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Runs the command, with a kill if given. Returns whether it finished, and when it wrote its first checkpoint. */
async function train(args: readonly string[], folder: string, kill?: Kill) {
  const { last } = runFiles(folder);
  const before = versionOf(last);
  const startedAt = performance.now();
  const call = ['train', ...args, '--out', folder, '--quiet'];
  const child = spawn(process.execPath, [program, ...call], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  const ended = once(child, 'close');
  while (versionOf(last) === before && child.exitCode === null) {
    if (kill?.from === 'start' && performance.now() - startedAt >= kill.after) child.kill('SIGKILL');
    if (child.signalCode) break;
    await setTimeout(2);
  }
  const checkpointAfter = performance.now() - startedAt;
  const ahead = kill?.from === 'start' ? kill.after - checkpointAfter : kill?.after;
  if (ahead !== undefined) await Promise.race([setTimeout(ahead), ended]);
  if (kill) child.kill('SIGKILL');
  const [code, signal] = await ended;
  if (signal !== 'SIGKILL' && code !== 0)
    throw new Error(`resnet-coco ${call.join(' ')}: exit code ${code}: ${errors}`);
  return { isDone: code === 0, checkpointAfter, duration: performance.now() - startedAt };
}

/** What must be equal in two runs. */
function outcome(folder: string): string {
  const files = runFiles(folder);
  const model = createHash('sha256').update(readFileSync(files.model)).digest('hex');
  const log = readLog(files.log).map(({ step, values: { seconds, images_per_second, ...rest } }) => [step, rest]);
  return `${model} ${JSON.stringify(log)}`;
}

const flags = await prepare(values.what);
const whole = join(root, 'whole');
const startedAt = performance.now();
const undisturbed = await train(flags, whole);
const training = undisturbed.duration - undisturbed.checkpointAfter;
const wanted = outcome(whole);
const counts = { runs: 0, kills: 0, beforeCheckpoint: 0, amid: 0, afterModel: 0, differing: 0, leftovers: 0 };

/**
 * One kill in five may come before training starts. The others come within a third of a training after a checkpoint, so
 * that a run is killed several times.
 */
const drawKill = (): Kill =>
  random.uniform() < 0.2
    ? { from: 'start', after: random.uniform() * undisturbed.duration }
    : { from: 'checkpoint', after: (random.uniform() * training) / 3 };

/** Whether to start no further run; a run under way is finished. */
const isOver = () => counts.kills >= kills || performance.now() - startedAt > Number(values.minutes) * 60_000;

while (!isOver()) {
  const folder = join(root, `run-${counts.runs}`);
  const { last, model } = runFiles(folder);
  for (let kill = 0; ; kill++) {
    const args = existsSync(last) ? [flags[0], '--resume', '--threads', values.threads] : flags;
    const spared = kill === MOST_KILLS_OF_A_RUN || isOver();
    const { isDone } = await train(args, folder, spared ? undefined : drawKill());
    if (isDone) break;
    counts.kills++;
    if (!existsSync(last)) counts.beforeCheckpoint++;
    else if (existsSync(model)) counts.afterModel++;
    else counts.amid++;
  }
  counts.runs++;
  if (outcome(folder) !== wanted) {
    counts.differing++;
    console.error(`${folder}: differs from ${whole}`);
  }
  if (readdirSync(folder).some((name) => /partial|lock/.test(name))) counts.leftovers++;
  console.error(JSON.stringify(counts));
  if (!counts.differing) rmSync(folder, { recursive: true });
}
if (!counts.differing) rmSync(root, { recursive: true });
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(JSON.stringify({ what: values.what, threads: values.threads, seed, ...counts, seconds }));
process.exitCode = counts.differing || counts.leftovers ? 1 : 0;
