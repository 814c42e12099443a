import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../cli/terminal/flags.ts';
import trainBackbone from '../../cli/train-backbone.ts';
import { reportFiles } from '../../cli/training/report-files.ts';
import { encodeImage } from '../../datasets/index.ts';
import type { ErrorCode } from '../../errors.ts';
import { Random } from '../../io/random.ts';
import { readLog, readRunCheckpoint, runFiles } from '../../training/index.ts';
import { rejects } from '../rejects.ts';
import { projectRoot } from '../shared-data.ts';
import { record } from './fake-models.ts';

const test = suite('train backbone');
const root = mkdtempSync(join(tmpdir(), 'train-backbone-'));
test.after(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;

/** Calls the command as a shell would, in this process. */
async function call(args: readonly string[], signal = never) {
  const { terminal, stdout, stderr } = record();
  const { flags, positionals } = parseFlags(trainBackbone.flags, args);
  const code = await trainBackbone.run({ flags, positionals, terminal, signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const random = new Random(1);
const noise = (level: number) => level + random.integer(60) - 30;

/** CIFAR-10 of 40 images to train on and 20 to test on, each class a shade of its own. */
function smallCifar(folder: string): string {
  mkdirSync(folder);
  const image = (label: number) => {
    const planes = [label * 25, 250 - label * 25, (label % 3) * 100];
    return Buffer.concat([
      Buffer.of(label),
      ...planes.map((plane) => Buffer.from(Array.from({ length: 1024 }, () => noise(plane)))),
    ]);
  };
  const write = (name: string, count: number) => {
    const images = Array.from({ length: count }, (_, i) => image(i % 10));
    writeFileSync(join(folder, name), Buffer.concat(images));
  };
  for (let i = 1; i <= 5; i++) write(`data_batch_${i}.bin`, 8);
  write('test_batch.bin', 20);
  const names = 'airplane automobile bird cat deer dog frog horse ship truck';
  writeFileSync(join(folder, 'batches.meta.txt'), names.split(' ').join('\n'));
  return `cifar10:${folder}`;
}

/** A folder of red and blue pictures of many sizes. */
async function pictures(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const [name, color] = i % 2 ? ['blue', [30, 30, 200]] : ['red', [200, 30, 30]];
    const [width, height] = [10 + (i % 5), 12 + (i % 3)];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => noise(color[at % 3] as number));
    mkdirSync(join(folder, name as string), { recursive: true });
    const file = join(folder, name as string, `${i}.png`);
    writeFileSync(file, await encodeImage({ width, height, data }, 'png'));
  }
}

const cifar = smallCifar(join(root, 'cifar'));
const small = ['--arch', 'resnet8', '--batch', '8', '--threads', '1'];

test('image folders: trained, evaluated, with a page and a model', async () => {
  const data = join(root, 'folders');
  await pictures(join(data, 'train'), 24);
  await pictures(join(data, 'val'), 10);
  writeFileSync(join(data, 'train', 'red', 'broken.png'), 'no picture');
  const out = join(root, 'folders-run');
  const flags = [
    '--dataset',
    `imagefolder:${data}`,
    ...small,
    '--size',
    '8',
    '--epochs',
    '2',
    '--lr',
    '0.05',
    '--out',
    out,
  ];
  const { code, stdout, stderr } = await call([...flags, '--cache', join(root, 'cache'), '--json']);
  assert.is(code, 1);
  assert.match(
    stderr,
    /^resnet8, 74,770 parameters, on CPU, 1 thread .*: 3 steps of 8 images an epoch, evaluated on 10 images$/m,
  );
  assert.match(
    stderr,
    /^epoch 2\/2: loss [\d.]+, top-1 [\d.]+ %; evaluated: loss [\d.]+, top-1 [\d.]+ %.*; \d+ images\/s$/m,
  );
  assert.is(stderr.match(/broken\.png: /g)?.length, 1);
  const summary = JSON.parse(stdout);
  assert.equal([summary.architecture, summary.epochs, summary.steps, summary.interrupted], ['resnet8', 2, 6, false]);
  assert.ok(summary.best.top1 >= 0 && summary.best.top1 <= 1);
  assert.ok(existsSync(join(root, 'cache')));
  assert.equal(Object.keys(summary.files), ['last', 'best', 'model', 'log', 'page', 'card']);
  for (const file of Object.values<string>(summary.files)) assert.ok(existsSync(file), `${file} is named, not there`);
  const page = readFileSync(summary.files.page, 'utf8');
  assert.match(page, /resnet8 on imagefolder:/);
  assert.match(page, /Evaluations/);
  const card = readFileSync(summary.files.card, 'utf8');
  assert.match(card, /resnet8, shortcuts of option A/);
  assert.match(card, /training images \| 25 \|/);
  const [command] = /resnet-coco train backbone .*/.exec(card)!;
  for (const flag of ['--dataset imagefolder:', '--arch resnet8', '--size 8', '--epochs 2', '--lr 0.05']) {
    assert.ok(command.includes(flag), command);
  }
  assert.not.match(command, /--out|--json|--threads/);
  assert.match(card, /top-1, last epoch \| [\d.]+ % \|/);
});

test('fine-tuning from the weights of a run, with a new head and frozen stages', async () => {
  const out = join(root, 'tuned');
  const init = join(root, 'folders-run', 'best.safetensors');
  const flags = ['--dataset', cifar, '--init', init, '--freeze', '1', '--batch', '8', '--epochs', '1', '--out', out];
  const { stderr } = await call(flags);
  assert.match(stderr, /begins with \d+ of \d+ tensors of .*best\.safetensors; new are linear\.weight/);
  const [before, after] = await Promise.all([init, runFiles(out).last].map(readRunCheckpoint));
  assert.equal(after.state.weights['layer1.0.conv1.weight'], before.state.weights['layer1.0.conv1.weight']);
  assert.not.equal(after.state.weights['layer2.0.conv1.weight'], before.state.weights['layer2.0.conv1.weight']);
  assert.is(after.model.shapes['linear.weight'][0], 10);
  // All that it needs is in its folder, and its data.
  rmSync(init);
  const again = await call(['--resume', '--out', out]);
  assert.is(again.code, 0);
  assert.match(
    again.stdout,
    /^1 epoch in .*\nbest after epoch 1: top-1 [\d.]+ %, top-5 [\d.]+ %, loss .*\nmodel: .*model\.safetensors\ncurves: .*training\.html\n$/,
  );
});

test('a run that diverges says so, and its page too', async () => {
  const out = join(root, 'diverged');
  const wild = call([
    '--dataset',
    cifar,
    ...small,
    '--epochs',
    '1',
    '--lr',
    '1000',
    '--weight-decay',
    '1000',
    '--out',
    out,
  ]);
  await rejects(wild, 'DIVERGED', /step \d/);
  assert.match(readFileSync(reportFiles(out).page, 'utf8'), /was not a finite number/);
});

test('a part of the images of each class is held out, said and stored; patience and time end a run', async () => {
  const out = join(root, 'held-out');
  const data = join(root, 'folders', 'val');
  const flags = [
    '--dataset',
    `imagefolder:${data}`,
    ...small.slice(0, 2),
    '--batch',
    '4',
    '--size',
    '8',
    '--epochs',
    '40',
  ];
  const { stderr, stdout } = await call([
    ...flags,
    '--val-fraction',
    '0.2',
    '--patience',
    '1',
    '--lr',
    'auto',
    '--out',
    out,
  ]);
  assert.match(
    stderr,
    /^evaluated on 2 of 10 images, drawn by class with seed 0; validation\.json of the run lists them$/m,
  );
  assert.match(stderr, /^learning rate 0\.0015625: linear in the batch of 4 \(--lr\)$/m);
  assert.match(stderr, /^next: resnet-coco classify .*folders.val --model .*model\.safetensors$/m);
  assert.match(
    stdout,
    /^ended after \d+ epochs of 40: no evaluation has been better for long \(--patience\); the model has/m,
  );
  const held = JSON.parse(readFileSync(join(out, 'validation.json'), 'utf8'));
  assert.equal(held.map((entry: { readonly class: string }) => entry.class).sort(), ['blue', 'red']);
  const again = await call(['--resume', '--out', out]);
  assert.match(again.stdout, /\(--patience\)/);
  assert.not.match(again.stderr, /has changed/);

  const brief = await call([...flags, '--val-fraction', '0.2', '--time', '0.0001s', '--out', join(root, 'brief')]);
  assert.match(brief.stdout, /^ended after 0 epochs of 40: the time is up \(--time\)/m);
  const refused = (more: readonly string[], pattern: RegExp) => rejects(call([...flags, ...more]), 'USAGE', pattern);
  await refused(
    ['--val-fraction', '0.2', '--time', '2 days'],
    /--time wants a time such as 2h, 90m or 1h30m, got '2 days'/,
  );
  await refused(['--val-fraction', '0.2', '--val', cifar], /leave out --val$/);
  await refused(['--val-fraction', '0.2', '--lr', 'fast'], /--lr wants a number from 0 to .*, or auto, got 'fast'/);
});

test('an interruption is told, with what goes on', async () => {
  const out = join(root, 'interrupted');
  const { stdout } = await call(['--dataset', cifar, ...small, '--epochs', '1', '--out', out], AbortSignal.abort());
  assert.match(
    stdout,
    /^0 epochs .*\nstopped after step 0; resume with: resnet-coco train backbone --resume --out .*interrupted\n/,
  );
});

test('calls that make no sense are refused', async () => {
  const refused = (args: readonly string[], pattern: RegExp, code: ErrorCode = 'USAGE') =>
    rejects(call(args), code, pattern);
  const out = ['--out', join(root, 'refused')];
  await refused(out, /--dataset is missing/);
  await refused(['--dataset', 'cifar11:x', ...out], /cifar11:x/);
  await refused(['--dataset', `imagefolder:${join(root, 'none')}`, ...out], /none: no such folder/, 'FILE_NOT_FOUND');
  const classes = `imagefolder:${join(root, 'folders', 'train')}`;
  await refused(['--dataset', classes, ...out], /no folders train and val in it; .*--val imagefolder:DIR/);
  await refused(
    ['--dataset', cifar, '--milestones', 'one', ...out],
    /--milestones wants epochs such as 82,123, got 'one'/,
  );
  await refused(['--dataset', cifar, '--schedule', 'one-cycle', '--warmup', '2', ...out], /leave out --warmup/);
  await refused(['--dataset', cifar, '--arch', 'resnet21', ...out], /--arch is 'resnet21'/);
  await refused(['--dataset', cifar, '--learning-rate', '1'], /unknown flag '--learning-rate'/);
  await refused(
    ['--dataset', cifar, '--milestones', '3,2', ...out],
    /^--milestones: 3, 2 are not in ascending order$/,
    'BAD_CONFIG',
  );
  await refused(
    ['--dataset', cifar, '--batch', '5000', ...out],
    /images to learn from make no batch of 5000, which a step takes; make --batch smaller$/,
    'BAD_DATASET',
  );
  await refused(['--resume', ...out], /no run to resume/, 'FILE_NOT_FOUND');
  await refused(
    ['--dataset', cifar, '--val', classes, ...small, ...out],
    /show 'blue', which is not a class/,
    'BAD_DATASET',
  );
  assert.not(existsSync(out[1]));
});

test('killed again and again and resumed by the command, a run comes by the same bits', async () => {
  const flags = ['--dataset', cifar, ...small, '--epochs', '3', '--ema', '0.9', '--checkpoint-minutes', '0'];
  const [whole, pieces] = [join(root, 'whole'), join(root, 'pieces')];
  await call([...flags, '--out', whole]);
  const { last } = runFiles(pieces);
  const start = (args: readonly string[]) =>
    spawn(process.execPath, [join(projectRoot, 'dist', 'cli', 'main.js'), 'train', 'backbone', ...args, '--quiet']);
  const stepOf = async () => (existsSync(last) ? (await readRunCheckpoint(last)).progress.step : 0);
  for (const [args, until] of [
    [[...flags, '--out', pieces], 2],
    [['--resume', '--threads', '1', '--out', pieces], 7],
  ] as const) {
    const child = start(args);
    while ((await stepOf()) < until && child.exitCode === null) await setTimeout(5);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  assert.ok((await stepOf()) >= 7);
  const child = start(['--resume', '--threads', '1', '--out', pieces]);
  assert.equal(await once(child, 'close'), [0, null]);
  const strip = (folder: string) =>
    readLog(runFiles(folder).log).map(({ values: { seconds, images_per_second, ...values }, step }) => [step, values]);
  assert.equal(strip(pieces), strip(whole));
  const [ours, theirs] = await Promise.all([pieces, whole].map((folder) => readRunCheckpoint(runFiles(folder).last)));
  assert.equal(ours.state, theirs.state);
});

test('a resumed run has the threads that it had, and says so; other data of the same amount is noticed', async () => {
  const data = join(root, 'changing');
  await pictures(join(data, 'train'), 8);
  await pictures(join(data, 'val'), 4);
  const out = join(root, 'changing-run');
  const flags = [
    '--dataset',
    `imagefolder:${data}`,
    '--arch',
    'resnet8',
    '--batch',
    '8',
    '--size',
    '8',
    '--epochs',
    '2',
  ];
  const begun = await call([...flags, '--threads', '3', '--out', out], AbortSignal.abort());
  assert.is(begun.code, 0);
  const resume = async (...more: string[]) =>
    (await call(['--resume', '--out', out, ...more], AbortSignal.abort())).stderr;
  const same = await resume();
  assert.match(same, /^resumes with the threads of the run, 3; --threads N changes it$/m);
  assert.match(same, /on CPU, 3 threads/);
  assert.not.match(same, /has changed/);
  assert.match(
    await resume('--threads', '1'),
    /^the run was on CPU, 3 threads .* and resumes on CPU, 1 thread .*last bits$/m,
  );

  const picture = join(data, 'val', 'red', '0.png');
  const bytes = readFileSync(picture);
  utimesSync(picture, 1, 1);
  assert.match(
    await resume(),
    /evaluated on has changed since the run was started: its files have the same sizes, but other times/,
  );
  assert.not.match(await resume(), /trained on has changed/);
  writeFileSync(join(data, 'train', 'red', '2.png'), Buffer.concat([bytes, Buffer.alloc(9)]));
  assert.match(await resume(), /trained on has changed since the run was started: its files have other names or sizes/);
  renameSync(join(data, 'train', 'red', '4.png'), join(data, 'train', 'blue', '4.png'));
  assert.match(await resume(), /trained on has changed since the run was started: its labels are others/);
});

test.run();
