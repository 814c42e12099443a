import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openModelFile, writeSafetensors } from '../../checkpoints/index.ts';
import { Random } from '../../io/random.ts';
import { type RunCheckpoint, readRunCheckpoint, writeRunCheckpoint } from '../../training/run-checkpoint.ts';
import { checkSameRun, type RunConfig } from '../../training/run-config.ts';
import { beginRun, lockRun, resumeRun, runFiles, saveRun, storedConfig } from '../../training/run-folder.ts';
import { rejects } from '../rejects.ts';

const test = suite('run folder');
const root = mkdtempSync(join(tmpdir(), 'run-'));
const newFolder = () => mkdtempSync(join(root, 'test-'));
test.after(() => rmSync(root, { recursive: true }));

const config: RunConfig = {
  architecture: 'resnet20',
  learning_rate: 0.1,
  milestones: [32000, 48000],
  optimizer: { momentum: 0.9, weight_decay: 1e-4 },
  workers: 2,
};

function checkpoint(step = 500, best: RunCheckpoint['progress']['best'] = null): RunCheckpoint {
  return {
    state: {
      weights: { 'conv1.weight': Float32Array.of(0.1, -0, 1e-42, 1 / 0), 'bn1.weight': Float32Array.of(step) },
      average: { 'conv1.weight': Float32Array.of(3, 4, 5, 6), 'bn1.weight': Float32Array.of(7) },
      optimizer: { 'momentum_buffer/conv1.weight': Float32Array.of(1, 2, 3, 4), step: Float32Array.of(step) },
    },
    progress: { step, epoch: 1, batch: 109, seed: 2 ** 40, seconds: 61.5, best, sums: { epoch: { loss: 0.1 } } },
    config,
    model: { config: { architecture: 'resnet20' }, shapes: { 'conv1.weight': [2, 2], 'bn1.weight': [1] } },
  };
}

test('a checkpoint is read back as it was written', async () => {
  const file = join(newFolder(), 'a.safetensors');
  const written = checkpoint(500, { metric: 'top1', value: 0.912, step: 390 });
  await writeRunCheckpoint(file, written);
  const read = await readRunCheckpoint(file);
  assert.equal(read, written);
  assert.ok(Object.is(read.state.weights['conv1.weight'][1], -0));
  const { average, ...state } = written.state;
  assert.ok(average);
  await writeRunCheckpoint(file, { ...written, state });
  assert.equal((await readRunCheckpoint(file)).state, state);
});

test('settings of an older run are read under the names of today', async () => {
  const file = join(newFolder(), 'a.safetensors');
  const { optimizer, ...rest } = config;
  const old = { ...rest, optimiser: optimizer, command: { optimiser: 'sgd', lr: 0.1 } };
  await writeRunCheckpoint(file, { ...checkpoint(), config: old });
  assert.equal((await readRunCheckpoint(file)).config, { ...config, command: { optimizer: 'sgd', lr: 0.1 } });
});

test('views of a larger buffer are written as they are', async () => {
  const file = join(newFolder(), 'a.safetensors');
  const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  await writeRunCheckpoint(file, { ...checkpoint(), state: { weights: { view }, optimizer: {} } });
  assert.equal((await readRunCheckpoint(file)).state.weights.view, Float32Array.of(2, 3));
});

test('what is no checkpoint of a run is refused', async () => {
  const file = join(newFolder(), 'a.safetensors');
  const bytes = () => new Uint8Array(4);
  const tensors = new Map([['a', { dtype: 'F32', shape: [1], bytes }]] as const);
  const run = JSON.stringify({ version: 1, progress: checkpoint().progress, config });
  const valid = { format: 'resnet-coco', config: '{}', run };
  await writeSafetensors(file, tensors, valid);
  await readRunCheckpoint(file);
  const negative = JSON.stringify({ version: 1, progress: { ...checkpoint().progress, step: -1 }, config });
  const metadata: [Record<string, string>, RegExp][] = [
    [{ format: 'resnet-coco', config: '{}' }, /a\.safetensors: not a checkpoint of a training run/],
    [{ ...valid, run: '{"version": 2}' }, /version 2; this release reads only version 1/],
    [{ ...valid, run: '{' }, /run is not JSON/],
    [{ ...valid, run: 'null' }, /version undefined/],
    [{ ...valid, run: '{"version": 1}' }, /wrong: progress/],
    [{ ...valid, config: '{' }, /config is not JSON/],
    [{ ...valid, run: negative }, /progress\.step/],
  ];
  for (const [changed, pattern] of metadata) {
    await writeSafetensors(file, tensors, changed);
    await rejects(readRunCheckpoint(file), 'BAD_CHECKPOINT', pattern);
  }
  await writeSafetensors(file, new Map([['run/weights/a', { dtype: 'I32', shape: [1], bytes }]]), valid);
  await rejects(readRunCheckpoint(file), 'BAD_CHECKPOINT', /tensor run\/weights\/a is I32/);
  writeFileSync(file, 'nonsense');
  await rejects(readRunCheckpoint(file), 'BAD_CHECKPOINT', /not a weight file/);
});

test('a run is resumed from its last checkpoint; the best one stays', async () => {
  const folder = join(newFolder(), 'deep', 'run');
  const release = await lockRun(folder, false);
  await beginRun(folder);
  await release();
  await saveRun(folder, checkpoint(100));
  assert.not(existsSync(runFiles(folder).best));
  const best = { metric: 'top1', value: 0.9, step: 200 };
  await saveRun(folder, checkpoint(200, best));
  await saveRun(folder, checkpoint(300, best));
  assert.is((await resumeRun(folder, config)).progress.step, 300);
  assert.is((await readRunCheckpoint(runFiles(folder).best)).progress.step, 200);
});

test('a new run does not overwrite another; without a run there is none to resume', async () => {
  const folder = newFolder();
  await rejects(resumeRun(folder, config), 'FILE_NOT_FOUND', /test-.*: no run to resume/);
  await beginRun(folder);
  await beginRun(folder);
  await saveRun(folder, checkpoint());
  await rejects(beginRun(folder), 'USAGE', /already holds a run/);
  await rejects(lockRun(folder, false), 'USAGE', /already holds a run/);
});

test('two processes never have one run; what is refused makes no folder', async () => {
  const folder = newFolder();
  await saveRun(folder, checkpoint());
  const release = await lockRun(folder, true);
  await rejects(lockRun(folder, true), 'USAGE', /writes there/);
  await release();
  await (await lockRun(folder, true))();
  const absent = join(folder, 'absent');
  await rejects(lockRun(absent, true), 'FILE_NOT_FOUND', /no run to resume/);
  assert.not(existsSync(absent));
});

test('a checkpoint of which a bit is wrong is refused, and what else there is to go on from is said', async () => {
  const folder = newFolder();
  const { best, last } = runFiles(folder);
  await saveRun(folder, checkpoint(200, { metric: 'top1', value: 0.9, step: 200 }));
  await saveRun(folder, checkpoint(300, { metric: 'top1', value: 0.9, step: 200 }));
  const good = readFileSync(last);
  for (const at of [good.length - 1, good.length - 40]) {
    const bad = Buffer.from(good);
    bad[at] ^= 1;
    writeFileSync(last, bad);
    await rejects(
      resumeRun(folder, config),
      'BAD_CHECKPOINT',
      /last\.safetensors: damaged: its checksum .*; to resume from the best evaluation, of step 200, copy .*best\.safetensors over it, then resume/,
    );
  }
  for (const length of [0, 7, 500, good.length - 1]) {
    writeFileSync(last, good.subarray(0, length));
    await rejects(storedConfig(folder), 'BAD_CHECKPOINT', /to resume from the best evaluation/);
  }
  // Where its settings are changed, too.
  writeFileSync(last, good.toString('latin1').replace('learning_rate\\":0.1', 'learning_rate\\":0.2'), 'latin1');
  await rejects(resumeRun(folder, config), 'BAD_CHECKPOINT', /checksum/);
  rmSync(last);
  await rejects(resumeRun(folder, config), 'FILE_NOT_FOUND', /no run to resume.*copy .*best\.safetensors to .*last/);
  copyFileSync(best, last);
  assert.is((await resumeRun(folder, config)).progress.step, 200);
  rmSync(best);
  writeFileSync(last, 'nonsense');
  await rejects(resumeRun(folder, config), 'BAD_CHECKPOINT', /start a new run in another folder/);
});

test('other settings than the run was begun with are refused, by name', async () => {
  const folder = newFolder();
  await saveRun(folder, checkpoint());
  const changed = {
    ...config,
    learning_rate: 0.05,
    milestones: [32000],
    optimizer: { weight_decay: 1e-4, momentum: 0.8 },
    workers: 4,
    augment: true,
  };
  await rejects(
    resumeRun(folder, changed, ['workers']),
    'BAD_CONFIG',
    /last\.safetensors: the run was started with other settings: learning_rate was 0\.1, now 0\.05; milestones was \[32000,48000\], now \[32000\]; optimizer\.momentum was 0\.9, now 0\.8; augment was not set, now true; resume/,
  );
  await resumeRun(folder, changed, ['workers', 'learning_rate', 'milestones', 'optimizer', 'augment']);
  await rejects(resumeRun(folder, { ...config, workers: 3 }, ['work']), 'BAD_CONFIG', /: workers was 2, now 3;/);
});

test('a run of something else is refused with the command that resumes it', async () => {
  const folder = newFolder();
  await saveRun(folder, checkpoint());
  await storedConfig(folder, 'classifier');
  const ofDetector = { ...config, model: { architecture: 'fasterrcnn' } };
  const message = /a run of train backbone, not of train detector; resnet-coco train backbone --resume goes on with it/;
  await rejects(storedConfig(folder, 'detector'), 'USAGE', message);
  await rejects(resumeRun(folder, ofDetector), 'USAGE', message);
  const other = newFolder();
  await saveRun(other, { ...checkpoint(), config: ofDetector });
  await storedConfig(other, 'detector');
  await rejects(storedConfig(other, 'classifier'), 'USAGE', /a run of train detector, not of train backbone/);
});

test('the state of a run in its checkpoint is told of in one line', async () => {
  const folder = newFolder();
  const file = join(folder, 'a.safetensors');
  await writeRunCheckpoint(file, checkpoint());
  const notes: string[] = [];
  const model = await openModelFile('a test', file, { onNote: (note) => notes.push(note) });
  model.checkpoint.close();
  assert.equal(notes, [`${file}: the state of its training run (4 tensors) is only for resuming it`]);
});

test('the order of fields, and fields that are undefined, make no difference', () => {
  const check = (before: RunConfig, after: RunConfig) => checkSameRun(before, after, [], 'f');
  check({ a: 1, b: { c: [{ d: 1, e: 2 }], f: null } }, { b: { f: null, c: [{ e: 2, d: 1 }] }, a: 1 });
  check({ a: 1 }, JSON.parse('{"a":1}') as RunConfig);
  check({ a: 1, b: undefined } as unknown as RunConfig, { a: 1 });
  assert.throws(() => check({ a: 1 }, { a: '1' }), /a was 1, now "1"/);
  assert.throws(() => check({ a: null }, {}), /a was null, now not set/);
  assert.throws(() => check({ a: { b: 1 } }, { a: 1 }), /a was {"b":1}, now 1/);
});

/** Lets a process save a run, kills it, and looks at what is there, again and again. */
async function killAgainAndAgain(folder: string, kills: number, random: Random): Promise<void> {
  const script = fileURLToPath(new URL('../checkpoints/write-checkpoints.js', import.meta.url));
  let step = 0;
  for (let kill = 0; kill < kills; kill++) {
    const child = spawn(process.execPath, [script, folder, String(step + 1)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout);
    let reported = step;
    lines.on('line', (line) => {
      reported = Number(line);
    });
    await once(lines, 'line');
    await setTimeout(30 * random.uniform());
    child.kill('SIGKILL');
    await once(child, 'close');
    const [last, best] = await Promise.all([runFiles(folder).last, runFiles(folder).best].map(readRunCheckpoint));
    for (const { progress, state, config: saved } of [last, best]) {
      assert.is(saved.step, progress.step);
      for (const arrays of [state.weights, state.average!, state.optimizer]) {
        assert.is(arrays['conv1.weight'].length, 100_000);
        assert.ok(arrays['conv1.weight'].every((value) => value === progress.step));
      }
    }
    assert.ok(last.progress.step >= reported && last.progress.step <= reported + 1);
    assert.ok(best.progress.step === last.progress.step || best.progress.step === last.progress.step + 1);
    step = last.progress.step;
  }
  writeFileSync(join(folder, '.mine.partial'), '');
  await resumeRun(folder, { step });
  assert.equal(readdirSync(folder).sort(), ['.mine.partial', 'best.safetensors', 'last.safetensors']);
}

test('killed at any moment, the old checkpoint or the new one is there, whole', async () => {
  await Promise.all([7, 8].map((seed) => killAgainAndAgain(newFolder(), 10, new Random(seed))));
});

test.run();
