import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  initialConfig,
  loadClassifier,
  type TrainClassifierOptions,
  type TrainingEpoch,
  trainClassifier,
  trainingSettings,
} from '../../../backbone/index.ts';
import { openCheckpoint, toFloat32 } from '../../../checkpoints/index.ts';
import type { Image } from '../../../datasets/index.ts';
import { createEngine } from '../../../engine/index.ts';
import { type PlainPaths, readLog, readRunCheckpoint, runFiles } from '../../../training/index.ts';
import { writeRunCheckpoint } from '../../../training/run-checkpoint.ts';
import { rejects } from '../../rejects.ts';
import { coloredPictures } from './pictures.ts';

const test = suite('train a classifier');
const root = mkdtempSync(join(tmpdir(), 'train-'));
test.after(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, 'run-'));

const dataset = coloredPictures(50, 1);
const validation = coloredPictures(21, 2);
const engine = await createEngine('onnx', { threads: 2 });
const small = { arch: 'resnet8', size: 8, batch: 8, lr: 0.05 } as const;
const settings = trainingSettings('imagefolder', { ...small, epochs: 3 });
const base = (): PlainPaths<TrainClassifierOptions> => ({ engine, dataset, validation, settings, folder: newFolder() });

/** The log without what the clock says. */
const measured = (folder: string) =>
  readLog(runFiles(folder).log).map(({ values: { seconds, images_per_second, ...values }, ...place }) => ({
    ...place,
    values,
  }));

/** What a run left, to be compared bit by bit. */
async function outcome(folder: string) {
  const { last, best } = runFiles(folder);
  const checkpoints = await Promise.all([last, best].map(readRunCheckpoint));
  const parts = checkpoints.map(({ state, progress: { seconds, ...progress } }) => ({ state, progress }));
  return { parts, log: measured(folder) };
}

/** A run that is done. */
const trained = base();

test('it learns; what is in the folder loads as a model that classifies', async () => {
  const options = trained;
  const epochs: TrainingEpoch[] = [];
  const evaluated: [number, number][] = [];
  const summary = await trainClassifier({
    ...options,
    onEpoch: (epoch) => void epochs.push(epoch),
    onEvaluated: (images, of) => void evaluated.push([images, of]),
  });
  assert.equal([summary.epochs, summary.steps, summary.interrupted], [3, 18, false]);
  assert.is(summary.best?.top1, 1);
  assert.equal(Object.keys(summary.files), ['last', 'best', 'model', 'log']);
  for (const file of Object.values(summary.files)) assert.ok(existsSync(file), `${file} is named, and not there`);
  assert.equal(
    epochs.map(({ epoch, step }) => [epoch, step]),
    [
      [1, 6],
      [2, 12],
      [3, 18],
    ],
  );
  assert.ok(epochs[2].loss < epochs[0].loss / 2);
  assert.equal(evaluated.slice(0, 3), [
    [8, 21],
    [16, 21],
    [21, 21],
  ]);
  const { best, last, model } = runFiles(options.folder);
  for (const file of [best, last, model]) {
    const classifier = await loadClassifier(file, { threads: 1 });
    const { categories, crop_size, image_std, provenance, resize_size } = classifier.config;
    assert.equal(categories, [{ name: 'red' }, { name: 'green' }, { name: 'blue' }]);
    assert.equal([crop_size, resize_size, image_std], [8, 9, [0.229, 0.224, 0.225]]);
    assert.equal([provenance?.epochs, provenance?.batch, provenance?.seed], [3, 8, 0]);
    const [top] = await classifier.classify(validation.image(4) as Image);
    assert.is(top.label, 'green');
    await classifier.dispose();
  }
  const log = readLog(runFiles(options.folder).log);
  const evaluations = log.filter(({ split }) => split === 'val');
  assert.equal(
    evaluations.map(({ step, epoch }) => [step, epoch]),
    [
      [6, 1],
      [12, 2],
      [18, 3],
    ],
  );
  assert.equal(Object.keys(evaluations[0].values), ['loss', 'top1', 'seconds']);
  const names = Object.keys(log[0].values);
  assert.equal(names, ['loss', 'top1', 'learning_rate', 'images_per_second', 'seconds']);
  assert.is(log[0].values.loss, epochs[0].loss);
  assert.is(readdirSync(options.folder).filter((name) => name.startsWith('events.')).length, 1);
});

const everything = trainingSettings('imagefolder', {
  ...small,
  epochs: 3,
  augment: 'randaugment',
  nesterov: true,
  ema: 0.9,
  clipNorm: 1,
  mixup: 0.2,
  erase: 0.5,
  labelSmoothing: 0.1,
  schedule: 'cosine',
  warmup: 1,
  seed: 5,
});

/** Aborts a run at a step, in an evaluation, or after an epoch. */
function stopping(at: {
  readonly step?: number;
  readonly evaluation?: number;
  readonly epoch?: number;
}): Partial<PlainPaths<TrainClassifierOptions>> {
  const controller = new AbortController();
  let evaluations = 0;
  return {
    signal: controller.signal,
    onStep: ({ step }) => {
      if (step === at.step) controller.abort();
    },
    onEpoch: ({ epoch }) => {
      if (epoch === at.epoch) controller.abort();
    },
    onEvaluated: (images) => {
      if (images === 8 && ++evaluations === at.evaluation) controller.abort();
    },
  };
}

test('however it is interrupted and resumed, and with however many threads: the same bits, the same log', async () => {
  const whole = { ...base(), settings: everything, workers: 1 };
  await trainClassifier(whole);
  const expected = await outcome(whole.folder);
  assert.ok(expected.parts[0].state.average);
  const pieces = { ...whole, folder: newFolder(), workers: 2 };
  const first = await trainClassifier({ ...pieces, ...stopping({ step: 4 }) });
  assert.equal([first.interrupted, first.epochs, first.steps], [true, 0, 4]);
  assert.not(existsSync(first.files.model));
  const rest = { ...pieces, resume: true };
  await trainClassifier({ ...rest, ...stopping({ evaluation: 1 }) });
  const { last: file } = runFiles(pieces.folder);
  const unevaluated = await readRunCheckpoint(file);
  assert.equal([unevaluated.progress.epoch, unevaluated.progress.batch, unevaluated.progress.step], [0, 6, 6]);
  assert.ok((await trainClassifier({ ...rest, ...stopping({ step: 14 }) })).interrupted);
  // As if it had been killed when the evaluation was logged already, but not saved.
  await writeRunCheckpoint(file, unevaluated);
  const last = await trainClassifier({ ...rest, checkpointMinutes: 0 });
  assert.not(last.interrupted);
  assert.equal(await outcome(pieces.folder), expected);
  const again = await trainClassifier(rest);
  assert.equal([again.steps, again.best], [18, last.best]);
  assert.equal(await outcome(pieces.folder), expected);
});

test('a loss that is not finite ends the run and keeps the last good checkpoint', async () => {
  const wild = (lr: number) => trainingSettings('imagefolder', { ...small, epochs: 2, schedule: 'constant', lr });
  const options = { ...base(), settings: wild(1e25), checkpointMinutes: 0 };
  await rejects(
    trainClassifier(options),
    'DIVERGED',
    /the loss of step [23] is NaN \(epoch 1\): .*lower learning rate/,
  );
  const { progress, state } = await readRunCheckpoint(runFiles(options.folder).last);
  assert.ok(progress.step >= 1 && progress.step <= 2);
  for (const array of Object.values(state.weights)) assert.ok(array.every(Number.isFinite));
  const lost = readLog(runFiles(options.folder).log).at(-1)!;
  assert.ok(Number.isNaN(lost.values.loss));
  assert.is(lost.step, progress.step + 1);
});

test('weights that are not finite are no good checkpoint', async () => {
  const wild = trainingSettings('imagefolder', {
    ...small,
    epochs: 1,
    schedule: 'constant',
    lr: 3e38,
    weightDecay: 1000,
  });
  const options = { ...base(), settings: wild, checkpointMinutes: 0 };
  await rejects(trainClassifier(options), 'DIVERGED', /after step 1, \S+ is not finite/);
  assert.is((await readRunCheckpoint(runFiles(options.folder).last)).progress.step, 0);
});

test('frozen stages stay to the last bit, and a head of other classes is new', async () => {
  const options = trained;
  const { model } = runFiles(options.folder);
  const notes: string[] = [];
  const other = coloredPictures(24, 3, ['warm', 'cold']);
  const choices = { ...small, epochs: 1, freeze: 2 };
  const tuned = {
    ...options,
    dataset: other,
    validation: other,
    settings: trainingSettings('imagefolder', choices, await initialConfig(model)),
    folder: newFolder(),
    init: model,
    onNote: (text: string) => void notes.push(text),
  };
  await trainClassifier(tuned);
  assert.match(
    notes[0],
    /begins with \d+ of \d+ tensors of .*model\.safetensors; new are linear\.weight \(\[3,64\] there, \[2,64\] here\), linear\.bias/,
  );
  const before = (await readRunCheckpoint(runFiles(options.folder).best)).state.weights;
  const { state } = await readRunCheckpoint(runFiles(tuned.folder).last);
  const { weights } = state;
  for (const [name, array] of Object.entries(before)) {
    const isFrozen = /^(conv1|bn1|layer[12]\.)/.test(name);
    if (isFrozen) assert.equal(weights[name], array, name);
    else assert.not.equal(weights[name], array, name);
  }
  assert.ok(Object.keys(state.optimizer).every((name) => /\/(layer3\.|linear\.)/.test(name)));
});

test('a run is resumed with its own settings and data only', async () => {
  const options = base();
  const first = await trainClassifier({ ...options, ...stopping({ epoch: 1 }) });
  assert.equal([first.interrupted, first.steps, first.best?.epoch], [true, 6, 1]);
  assert.ok(first.best!.top1 > 0);
  const rejected = (changes: Partial<PlainPaths<TrainClassifierOptions>>, pattern: RegExp) =>
    rejects(trainClassifier({ ...options, resume: true, ...changes }), 'BAD_CONFIG', pattern);
  await rejected(
    { settings: trainingSettings('imagefolder', { ...small, epochs: 4 }) },
    /epochs was 3, now 4; schedule\.milestones was \[1,2\], now \[1,3\]/,
  );
  await rejected({ dataset: coloredPictures(51, 1) }, /dataset\.images was 50, now 51/);
  await rejects(trainClassifier(options), 'USAGE', /already holds a run/);
  await rejects(
    trainClassifier({ ...options, folder: newFolder(), resume: true }),
    'FILE_NOT_FOUND',
    /no run to resume/,
  );
});

test('what cannot be trained is refused before anything is written', async () => {
  const folder = join(root, 'never');
  const refused = (
    changes: Partial<PlainPaths<TrainClassifierOptions>>,
    code: 'BAD_DATASET' | 'BAD_CONFIG',
    pattern: RegExp,
  ) => rejects(trainClassifier({ ...base(), folder, ...changes }), code, pattern);
  const foreign = { ...validation, classes: ['red', 'green', 'violet'] };
  await refused({ validation: foreign }, 'BAD_DATASET', /show 'violet', which is not a class .*red, green, blue/);
  await refused(
    { dataset: coloredPictures(7, 1) },
    'BAD_DATASET',
    /7 images to learn from make no batch of 8, which a step takes; make `batch` smaller/,
  );
  await refused({ settings: { ...settings, freeze: 4 } }, 'BAD_CONFIG', /`freeze` is 4, but resnet8 has 3 stages/);
  await refused({ settings: { ...settings, epochs: 0 } }, 'BAD_CONFIG', /epochs/);
  assert.not(existsSync(folder));
});

test('evaluations are matched by the names of classes', async () => {
  const options = base();
  const { best } = await trainClassifier({ ...options, validation: reordered() });
  assert.is(best?.top1, 1);
});

/** The same pictures, whose classes come in another order and lack one. */
function reordered() {
  const classes = ['blue', 'red'];
  const picked = [0, 2, 3, 5, 6, 8];
  return {
    ...validation,
    classes,
    length: picked.length,
    image: (index: number) => validation.image(picked[index]),
    label: (index: number) => classes.indexOf(validation.classes[validation.label(picked[index])]),
  };
}

/** The weights of a run's model, and the evaluation that it is the best by. */
async function modelOf(folder: string) {
  const checkpoint = await openCheckpoint(runFiles(folder).model);
  const { metadata, tensors } = checkpoint;
  const { evaluation, steps } = JSON.parse(metadata.config).provenance as Readonly<Record<string, unknown>>;
  const weights = Object.fromEntries([...tensors].map(([name, tensor]) => [name, toFloat32(tensor)]));
  checkpoint.close();
  return { weights, evaluation, steps };
}

test('patience ends a run with the model of a run of that length; a resumed run ends alike', async () => {
  const constant = (epochs: number) => trainingSettings('imagefolder', { ...small, epochs, schedule: 'constant' });
  const long = { ...base(), settings: constant(30), patience: 2 };
  const summary = await trainClassifier(long);
  assert.equal([summary.ended, summary.interrupted], ['patience', false]);
  assert.is(summary.epochs, summary.best!.epoch + 2);
  const short = { ...base(), settings: constant(summary.epochs) };
  assert.is((await trainClassifier(short)).ended, undefined);
  assert.equal(await modelOf(long.folder), await modelOf(short.folder));

  const stopped = { ...long, folder: newFolder() };
  await trainClassifier({ ...stopped, ...stopping({ step: 8 }) });
  const resumed = await trainClassifier({ ...stopped, resume: true });
  assert.equal([resumed.ended, resumed.epochs, resumed.best], ['patience', summary.epochs, summary.best]);
  assert.equal(await modelOf(stopped.folder), await modelOf(long.folder));
  const again = await trainClassifier({ ...stopped, resume: true });
  assert.equal([again.ended, again.steps], ['patience', summary.steps]);
  const further = await trainClassifier({ ...stopped, resume: true, patience: 3 });
  assert.is(further.epochs, summary.epochs + 1);
});

test('a time that is up within the first epoch leaves a model that was evaluated', async () => {
  const brief = { ...base(), seconds: 1e-9 };
  const summary = await trainClassifier(brief);
  assert.equal([summary.ended, summary.interrupted, summary.epochs, summary.steps], ['time', false, 0, 1]);
  const stopped = base();
  await trainClassifier({ ...stopped, ...stopping({ step: 1 }) });
  const { state } = await readRunCheckpoint(runFiles(stopped.folder).last);
  const { evaluation, weights } = await modelOf(brief.folder);
  assert.equal(weights, state.weights);
  assert.is((evaluation as { readonly top1: number }).top1, summary.best?.top1);
  const whole = await trainClassifier({ ...brief, resume: true, seconds: 3600 });
  assert.equal([whole.ended, whole.steps], [undefined, 18]);
  assert.equal((await outcome(brief.folder)).parts[0], (await outcome(trained.folder)).parts[0]);
});

test('limits that make no sense are refused', async () => {
  await rejects(
    trainClassifier({ ...base(), patience: 0 }),
    'USAGE',
    /`patience` must be a whole number of epochs above 0/,
  );
  await rejects(trainClassifier({ ...base(), seconds: 0 }), 'USAGE', /`seconds` must be a number above 0/);
});

test.run();
