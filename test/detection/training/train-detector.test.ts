import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classifierParameters, initialize, parseClassifierConfig, planClassifier } from '../../../backbone/index.ts';
import { writeModel } from '../../../checkpoints/index.ts';
import {
  type DetectorEpoch,
  detectorSettings,
  detectorStart,
  loadDetector,
  type TrainDetectorOptions,
  trainDetector,
} from '../../../detection/index.ts';
import { createEngine } from '../../../engine/index.ts';
import { Random } from '../../../io/random.ts';
import { type PlainPaths, readLog, readRunCheckpoint, runFiles } from '../../../training/index.ts';
import { rejects } from '../../rejects.ts';
import { paintedImages, smallHeads } from './painted-images.ts';

const test = suite('train a detector');
const root = mkdtempSync(join(tmpdir(), 'train-detector-'));
test.after(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, 'run-'));

const images = await paintedImages(join(root, 'images'), 8, 1);
const more = await paintedImages(join(root, 'more'), 4, 2);
const validation = more;
const engine = await createEngine('onnx', { threads: 1 });
const small = {
  backbone: 'resnet18',
  minSize: [48],
  maxSize: 64,
  batch: 2,
  trainableLayers: 0,
  config: smallHeads,
  warmup: 0,
} as const;
const settings = detectorSettings(images, { ...small, lr: 0.02, epochs: 3, clipNorm: 10, schedule: 'constant' });
const base = (): PlainPaths<TrainDetectorOptions> => ({
  engine,
  images,
  validation,
  settings,
  folder: newFolder(),
  workers: 1,
});

/** What a run left, to be compared bit by bit: without what the clock says. */
async function outcome(folder: string) {
  const { state, progress } = await readRunCheckpoint(runFiles(folder).last);
  const { seconds, ...place } = progress;
  const log = readLog(runFiles(folder).log).filter(({ split }) => split === 'train');
  const values = log.map(({ step, values: { seconds, images_per_second, ...rest } }) => [step, rest]);
  return { state, place: { ...place, best: null }, values };
}

const trained = base();

test('the loss falls; what is in the folder loads as a detector', async () => {
  const epochs: DetectorEpoch[] = [];
  const notes: string[] = [];
  const summary = await trainDetector({
    ...trained,
    onEpoch: (epoch) => void epochs.push(epoch),
    onNote: (note) => void notes.push(note),
  });
  assert.equal([summary.epochs, summary.steps, summary.interrupted, summary.backbone], [3, 9, false, 'resnet18']);
  assert.equal(Object.keys(summary.files), ['last', 'best', 'model', 'log']);
  for (const file of Object.values(summary.files)) assert.ok(existsSync(file), `${file} is named, and not there`);
  assert.match(
    notes[0],
    /^Faster R-CNN with resnet18, .*: 3 steps of 2 images an epoch, 1 without usable boxes left out/,
  );
  assert.ok(epochs[2].loss < 0.8 * epochs[0].loss, epochs.map(({ loss }) => loss).join(' '));
  assert.ok(epochs.every(({ validation: measured }) => measured && measured.AP >= 0 && measured.AR100 >= 0));
  const { last, log, model } = runFiles(trained.folder);
  for (const file of [last, model]) {
    const detector = await loadDetector(file, { threads: 1 });
    const { categories, max_size, min_size, provenance } = detector.config;
    assert.equal([categories.map(({ name }) => name), min_size, max_size], [['red', 'green'], 48, 64]);
    assert.equal([provenance?.epochs, provenance?.seed], [3, 0]);
    await detector.detect(images.files.get(1)!);
    await detector.dispose();
  }
  const lines = readLog(log);
  const names = 'loss loss_objectness loss_rpn_box_reg loss_classifier loss_box_reg learning_rate gradient_norm';
  assert.equal(Object.keys(lines[0].values), [...names.split(' '), 'images_per_second', 'seconds']);
  assert.equal(
    lines.filter(({ split }) => split === 'val').map(({ step }) => step),
    [3, 6, 9],
  );
  const pictures = join(trained.folder, 'samples');
  assert.equal(readdirSync(pictures), ['epoch-0001', 'epoch-0002', 'epoch-0003']);
  assert.equal(readdirSync(join(pictures, 'epoch-0003')), ['1-1.png', '2-2.png', '3-3.png', 'boxes.json']);
  const { images: drawn, score } = JSON.parse(readFileSync(join(pictures, 'epoch-0003', 'boxes.json'), 'utf8'));
  assert.is(drawn.length, 3);
  for (const { detections, objects } of drawn) {
    assert.ok(objects.length > 0);
    assert.ok(detections.every((detection: { score: number }) => detection.score >= score));
  }
});

test('interrupted within an epoch and in an evaluation, resumed, with other threads and evaluations: the same bits', async () => {
  const choices = {
    ...small,
    lr: 0.02,
    epochs: 2,
    batch: 1,
    accumulate: 2,
    crop: true,
    minSize: [32, 48],
    scaleJitter: [0.5, 2] as const,
    ema: 0.5,
  };
  const { validation: _, ...whole } = {
    ...base(),
    settings: detectorSettings(images, { ...choices, evaluateEvery: 9 }),
  };
  await trainDetector(whole);
  const expected = await outcome(whole.folder);
  assert.is(expected.place.step, 6);
  const pieces = { ...whole, validation, settings: detectorSettings(images, choices), folder: newFolder(), workers: 2 };
  const stopAt = (at: number): Partial<PlainPaths<TrainDetectorOptions>> => {
    const controller = new AbortController();
    return { signal: controller.signal, onStep: ({ step }) => void (step === at && controller.abort()) };
  };
  const first = await trainDetector({ ...pieces, ...stopAt(2) });
  assert.equal([first.interrupted, first.steps], [true, 2]);
  const rest = { ...pieces, resume: true };
  const controller = new AbortController();
  await trainDetector({ ...rest, signal: controller.signal, onEvaluated: () => controller.abort() });
  assert.is((await readRunCheckpoint(first.files.last)).progress.step, 3);
  // The run without evaluation has no data set to evaluate on.
  const last = await trainDetector(rest);
  assert.not(last.interrupted);
  assert.equal(await outcome(pieces.folder), expected);
});

test('two threads: two trainings, and one that is interrupted and resumed, write the same model', async () => {
  const choices = { ...small, trainableLayers: 1, lr: 0.02, epochs: 2 };
  const run = { ...base(), engine: await createEngine('onnx', { threads: 2 }), validation: more };
  const settings = detectorSettings(images, choices);
  const model = async (folder: string, changes: Partial<PlainPaths<TrainDetectorOptions>> = {}): Promise<Buffer> => {
    const { interrupted, files } = await trainDetector({ ...run, settings, folder, ...changes });
    return readFileSync(interrupted ? files.last : files.model);
  };
  const expected = await model(newFolder());
  assert.ok(expected.equals(await model(newFolder())), 'another run');
  const folder = newFolder();
  const controller = new AbortController();
  const onStep = ({ step }: { readonly step: number }) => step === 2 && controller.abort();
  assert.not(expected.equals(await model(folder, { signal: controller.signal, onStep })));
  assert.ok(expected.equals(await model(folder, { resume: true })), 'the resumed run');
});

test('a loss that is not finite ends the run and keeps the last good checkpoint', async () => {
  const wild = detectorSettings(images, { ...small, epochs: 2, schedule: 'constant', lr: 1e25 });
  const options = { ...base(), settings: wild, checkpointMinutes: 0 };
  await rejects(trainDetector(options), 'DIVERGED', /the loss of step [23] is (NaN|Infinity).*lower learning rate/);
  const { state } = await readRunCheckpoint(runFiles(options.folder).last);
  for (const array of Object.values(state.weights)) assert.ok(array.every(Number.isFinite));
});

test('from a classifier: its backbone, frozen, under a new detector', async () => {
  const config = parseClassifierConfig({ architecture: 'resnet18', num_classes: 2 }, 'test');
  const init = join(root, 'resnet18.safetensors');
  const weights = initialize(classifierParameters(planClassifier(config)), new Random(5));
  await writeModel(init, config, weights);
  const start = await detectorStart(init);
  const { backbone, ...choices } = small;
  const settings = detectorSettings(images, { ...choices, epochs: 1, batch: 7 }, start);
  assert.equal([settings.model.backbone, settings.model.norm_layer], ['resnet18', 'FrozenBatchNorm2d']);
  const notes: string[] = [];
  const { validation: _, ...options } = { ...base(), settings, init, onNote: (note: string) => void notes.push(note) };
  const { best, files } = await trainDetector(options);
  assert.is(best, undefined);
  assert.match(
    notes[0],
    /begins with 100 of \d+ tensors of .*resnet18\.safetensors; new are the head, .* more tensors; 2 of its tensors are not used: fc\.bias, fc\.weight$/,
  );
  const { state } = await readRunCheckpoint(files.last);
  assert.equal(state.weights['backbone.body.layer4.1.conv2.weight'], weights['layer4.1.conv2.weight'].data);
  assert.ok(existsSync(files.model));
  rmSync(init);
});

test('from a detector of other categories: a new head, all else taken over', async () => {
  const { model: init } = runFiles(trained.folder);
  const names = ['red', 'green', 'blue'].map((name, i) => ({ id: 10 + i, name }));
  const dataset = {
    ...images.dataset,
    categories: names,
    annotations: images.dataset.annotations.map((one) => ({ ...one, category_id: 9 + one.category_id })),
  };
  const other = { ...images, dataset };
  const start = await detectorStart(init);
  const choices = { epochs: 1, batch: 7, trainableLayers: 0, lr: 1e-9, config: smallHeads };
  const settings = detectorSettings(other, choices, start);
  // Ids that would leave most labels unused are kept beside labels of their own.
  assert.equal(
    [settings.model.num_classes, settings.model.categories[0], settings.model.min_size],
    [4, { id: 10, name: 'red', label: 1 }, 48],
  );
  const notes: string[] = [];
  const { validation: _, ...options } = {
    ...base(),
    images: other,
    settings,
    init,
    onNote: (note: string) => void notes.push(note),
  };
  const { files } = await trainDetector(options);
  assert.match(notes[0], /new are the head \(of 3 labels there, 4 here: 3 categories and the background\)$/);
  const [before, after] = await Promise.all([init, files.last].map((file) => readWeightsOf(file)));
  assert.ok(Math.abs(before['rpn.head.conv.0.0.weight'][5] - after['rpn.head.conv.0.0.weight'][5]) < 1e-6);
  assert.is(after['roi_heads.box_predictor.cls_score.bias'].length, 4);
});

async function readWeightsOf(file: string) {
  const { openCheckpoint, toFloat32 } = await import('../../../checkpoints/index.ts');
  const checkpoint = await openCheckpoint(file);
  try {
    return Object.fromEntries([...checkpoint.tensors].map(([name, tensor]) => [name, toFloat32(tensor)]));
  } finally {
    checkpoint.close();
  }
}

test('what cannot be trained is refused before anything is written', async () => {
  const folder = join(root, 'never');
  const refused = (
    changes: Partial<PlainPaths<TrainDetectorOptions>>,
    code: 'BAD_DATASET' | 'BAD_CONFIG',
    pattern: RegExp,
  ) => rejects(trainDetector({ ...base(), folder, ...changes }), code, pattern);
  const violet = { ...more.dataset, categories: [...more.dataset.categories, { id: 3, name: 'violet' }] };
  await refused(
    { validation: { ...validation, dataset: violet } },
    'BAD_DATASET',
    /to evaluate on has the category 'violet', which is none of those trained \(red, green\)/,
  );
  await refused({ images: { ...images, dataset: violet } }, 'BAD_CONFIG', /categories are red, green, but .*violet/);
  await refused({ settings: { ...settings, batch: 8 } }, 'BAD_DATASET', /7 images with objects make no batch of 8/);
  await refused({ settings: { ...settings, accumulate: 4 } }, 'BAD_DATASET', /3 batches .* fewer than the 4/);
  await refused(
    { images: { ...images, files: new Map() } },
    'BAD_DATASET',
    /none of the images .*; say where they are: `images.files`/,
  );
  await refused({ settings: { ...settings, epochs: 0 } }, 'BAD_CONFIG', /epochs/);
  const none = { ...images, dataset: { ...images.dataset, annotations: [] } };
  await refused({ images: none }, 'BAD_DATASET', /0 images with objects/);
  assert.not(existsSync(folder));
});

test.run();
