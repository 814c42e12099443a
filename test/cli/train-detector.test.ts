import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../cli/terminal/flags.ts';
import trainDetector from '../../cli/train-detector.ts';
import { annotationsName } from '../../cli/training/detector-card.ts';
import { convertDataset } from '../../datasets/index.ts';
import type { ErrorCode } from '../../errors.ts';
import { readRunCheckpoint, runFiles } from '../../training/index.ts';
import { paintedImages, smallHeads } from '../detection/training/painted-images.ts';
import { rejects } from '../rejects.ts';
import { projectRoot } from '../shared-data.ts';
import { record } from './fake-models.ts';

const test = suite('train detector');
const root = mkdtempSync(join(tmpdir(), 'train-detector-'));
test.after(() => rmSync(root, { recursive: true }));
const never = new AbortController().signal;

/** Calls the command as a shell would, in this process. */
async function call(args: readonly string[], signal = never) {
  const { terminal, stdout, stderr } = record();
  const { flags, positionals } = parseFlags(trainDetector.flags, args);
  const code = await trainDetector.run({ flags, positionals, terminal, signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const folder = join(root, 'images');
const { dataset } = await paintedImages(folder, 6, 1);
const coco = join(root, 'instances.json');
writeFileSync(coco, JSON.stringify(dataset));
const config = join(root, 'config.json');
writeFileSync(config, JSON.stringify(smallHeads));
const sizes = ['--min-size', '48', '--max-size', '64', '--trainable-layers', '0', '--threads', '1', '--workers', '1'];
const small = ['--backbone', 'resnet18', '--config', config, ...sizes];
const cocoFlags = ['--annotations', coco, '--images', folder, ...small];

test('COCO: trained, evaluated, with a page, a card and a model', async () => {
  const out = join(root, 'coco-run');
  const val = ['--val-annotations', coco, '--val-images', folder];
  const { code, stdout, stderr } = await call([
    ...cocoFlags,
    ...val,
    '--epochs',
    '1',
    '--batch',
    '2',
    '--out',
    out,
    '--json',
  ]);
  assert.is(code, 0);
  assert.match(
    stderr,
    /^Faster R-CNN with resnet18, .*: 2 steps of 2 images an epoch, 1 without usable boxes left out, evaluated on 6 images$/m,
  );
  assert.match(stderr, /^epoch 1\/1: loss [\d.]+; evaluated: AP [\d.]+ %, AP50 [\d.]+ %.*; [\d.]+ images\/s$/m);
  const summary = JSON.parse(stdout);
  assert.equal([summary.backbone, summary.epochs, summary.steps, summary.interrupted], ['resnet18', 1, 2, false]);
  const page = readFileSync(summary.files.page, 'utf8');
  assert.match(page, /Faster R-CNN with resnet18 on .*instances\.json/);
  assert.is(page.match(/<image href="data:image\/png;base64,/g)?.length, 5);
  assert.match(page, /of a score above \d+\.\d %, .*; \d+ objects\./);
  const card = readFileSync(summary.files.card, 'utf8');
  assert.match(card, /resnet-coco train detector --annotations .*instances\.json .*--min-size 48/);
  assert.match(card, /training images \| 5 \|/);
  assert.not.match(card.replace(/```[\s\S]*?```/g, ''), /[{}]|\\_/);
  assert.ok(existsSync(summary.files.model));
});

test('a folder of VOC without lists: the plan, a part kept for evaluation, the best score and what comes next', async () => {
  const voc = join(root, 'my own', 'voc');
  await convertDataset({ annotations: coco, images: folder, to: 'voc', out: voc, copyImages: true });
  const out = join(root, 'held out');
  const flags = [
    '--annotations',
    voc,
    '--val-fraction',
    '0.4',
    ...small,
    '--epochs',
    '8',
    '--batch',
    '1',
    '--eval-every',
    '8',
  ];
  const { code, stdout, stderr } = await call([...flags, '--out', out]);
  assert.is(code, 0);
  const lines = stderr.split('\n');
  assert.match(
    lines[0],
    /^trains on [34] images with [34] objects: red, green; evaluated on 2 others, drawn with seed 0$/,
  );
  assert.match(
    lines[1],
    /^starts from scratch, .*--init coco-mini-resnet18-fpn starts from the detector of the package/,
  );
  assert.is(lines[2], 'images are resized to 48 pixels on the shorter side, at most 64 on the longer');
  assert.match(lines[3], /^8 epochs of [34] steps \(--epochs\); a step is a batch of 1; the expected time is printed/);
  assert.match(lines[4], /^learning rate 0\.00125 \(0\.02 × 1 images of a step \/ 16\), .*warmup.*epochs 5 and 7$/);
  assert.match(stderr, /^expected time: .* for the remaining \d+ steps, at .* a step; plus evaluation$/m);
  assert.not.match(stderr, /\b0 images\/s/);
  const resumed = await call(['--resume', '--threads', '1', '--json', '--out', out]);
  assert.match(resumed.stderr, /^resumes a run that started from scratch$/m);
  const { files } = JSON.parse(resumed.stdout);
  const held = JSON.parse(readFileSync(join(out, 'validation.json'), 'utf8'));
  assert.is(held.images.length, 2);
  const next = lines.slice(lines.indexOf('next:') + 1, -1);
  const images = join(voc, 'JPEGImages');
  assert.is(
    next[0],
    `resnet-coco evaluate detector '${images}' --annotations '${out}/validation.json' --model '${files.model}' --report '${out}/report'`,
  );
  assert.ok(next[1].startsWith(`resnet-coco detect '${images}' --model '${files.model}' `), next[1]);
  assert.is(next[2], `resnet-coco serve --model '${files.model}'`);
  const best = /^best score threshold: (0\.\d+) \(F1 [\d.]+ %: precision [\d.]+ %, recall [\d.]+ %\)$/m.exec(stdout);
  const ofNext = / --score (\S+) /.exec(next[1]);
  assert.is(best?.[1], ofNext?.[1]);
  assert.ok(held.images.every(({ file_name }: { file_name: string }) => existsSync(join(images, file_name))));
  await rejects(
    call([...flags, '--val-split', 'val', '--out', join(root, 'x')]),
    'USAGE',
    /leave out --val-annotations/,
  );
});

test('YOLO: killed within an epoch and resumed by the command, a run comes by the same bits', async () => {
  const yolo = join(root, 'yolo');
  await convertDataset({ annotations: coco, images: folder, to: 'yolo', out: yolo, copyImages: true });
  const flags = ['--annotations', yolo, ...small, '--epochs', '1', '--batch', '1', '--checkpoint-minutes', '0'];
  const [whole, pieces] = [join(root, 'whole'), join(root, 'pieces')];
  await call([...flags, '--out', whole]);
  const { last } = runFiles(pieces);
  const program = join(projectRoot, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [program, 'train', 'detector', ...flags, '--out', pieces, '--quiet']);
  const stepOf = async () => (existsSync(last) ? (await readRunCheckpoint(last)).progress.step : 0);
  while ((await stepOf()) < 2 && child.exitCode === null) await setTimeout(5);
  child.kill('SIGKILL');
  await once(child, 'close');
  const killedAt = await stepOf();
  assert.ok(killedAt >= 2 && killedAt < 5, `killed at step ${killedAt}`);
  // All that it needs is in its folder, and its data.
  rmSync(config);
  const { code, stdout, stderr } = await call(['--resume', '--threads', '1', '--out', pieces]);
  assert.is(code, 0);
  assert.match(stderr, /^learning rate .*, then constant$/m);
  assert.match(stdout, /^1 epoch in .*\nmodel: .*model\.safetensors\ncurves: .*training\.html\n$/);
  const [ours, theirs] = await Promise.all([pieces, whole].map((run) => readRunCheckpoint(runFiles(run).last)));
  assert.equal(ours.state, theirs.state);
});

test('VOC, by the code of the README: fine-tuned, and it detects', async () => {
  const voc = join(root, 'bccd');
  for (const split of ['train', 'val']) {
    await convertDataset({ annotations: coco, images: folder, to: 'voc', out: voc, split, copyImages: true });
  }
  const { model } = runFiles(join(root, 'coco-run'));
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const [, code] = /```ts\n((?:(?!```)[\s\S])*?trainDetector\([\s\S]*?)```/.exec(readme)!;
  const changed = code.replace("'fasterrcnn_resnet50_fpn'", JSON.stringify(model)).replace('epochs: 10', 'epochs: 1');
  assert.not.equal(changed, code);
  // Within the package, so that its own name is known.
  const program = join(projectRoot, 'dist', 'test', `readme-${process.pid}.mjs`);
  writeFileSync(program, changed);
  try {
    const child = spawn(process.execPath, [program], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    assert.equal(await once(child, 'close'), [0, null]);
    assert.match(output, /^\[[\s\S]*\]\n$/);
  } finally {
    rmSync(program);
  }
});

test('the current folder has a name', () => {
  assert.is(annotationsName('.'), basename(process.cwd()));
  assert.is(annotationsName(join(root, 'coco', 'instances.json')), 'coco/instances.json');
  assert.is(annotationsName(`${root}/voc/`), 'voc');
});

test('calls that make no sense are refused', async () => {
  writeFileSync(config, JSON.stringify(smallHeads));
  const refused = (args: readonly string[], pattern: RegExp, code: ErrorCode = 'USAGE') =>
    rejects(call([...args, '--out', join(root, 'refused')]), code, pattern);
  await refused([], /--annotations is missing/);
  await refused(['--annotations', join(root, 'none')], /none: no such file or folder/, 'FILE_NOT_FOUND');
  await refused([...cocoFlags, '--min-size', 'big'], /--min-size wants sizes such as 480,640,800, got 'big'/);
  await refused([...cocoFlags, '--scale-jitter', '2,1'], /--scale-jitter wants two factors above 0, .* got '2,1'/);
  await refused([...cocoFlags, '--max-size', '40'], /^--max-size 40 is less than --min-size 48$/, 'BAD_CONFIG');
  await refused(
    [...cocoFlags, '--backbone', 'resnet20'],
    /^--backbone: must be resnet18, 34.*, is "resnet20"$/,
    'BAD_CONFIG',
  );
  await refused([...cocoFlags, '--milestones', '3,2'], /^--milestones: 3, 2 are not in ascending order$/, 'BAD_CONFIG');
  await refused([...cocoFlags, '--val-images', folder], /--val-images needs --val-annotations/);
  await refused([...cocoFlags, '--config', join(root, 'no.json')], /no\.json: no such file/, 'FILE_NOT_FOUND');
  writeFileSync(config, JSON.stringify({ fpn_channels: 16 }));
  await refused(cocoFlags, /^--config .*config\.json: fpn_channels: no such setting$/, 'BAD_CONFIG');
  writeFileSync(config, JSON.stringify({ size_divisible: 16 }));
  await refused(cocoFlags, /^--config .*config\.json: size_divisible: must be a multiple of 32/, 'BAD_CONFIG');
  writeFileSync(config, JSON.stringify(smallHeads));
  await refused([...cocoFlags, '--schedule', 'one-cycle', '--warmup-steps', '5'], /leave out --warmup/);
  await refused(
    [...cocoFlags, '--batch', '6'],
    /5 images with objects make no batch of 6; make --batch smaller$/,
    'BAD_DATASET',
  );
  const alone = join(root, 'alone', 'instances.json');
  mkdirSync(dirname(alone));
  copyFileSync(coco, alone);
  await refused(['--annotations', alone, ...small], /--images DIR/, 'BAD_DATASET');
  await refused(['--resume'], /no run to resume/, 'FILE_NOT_FOUND');
  await refused([...cocoFlags, '--lr', '-1'], /--lr wants a number/);
  assert.not(existsSync(join(root, 'refused')));
});

test.run();
