import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseClassifierConfig, type ScoredImage } from '../../backbone/index.ts';
import { type ClassifierEvaluation, evaluateClassifier } from '../../cli/evaluate-classifier.ts';
import { type ClassificationDataset, type ImageSource, openClassificationDataset } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { loadClassifier } from '../../index.ts';
import { hasShared, sharedData } from '../shared-data.ts';
import { record } from './fake-models.ts';

const test = suite('evaluate classifier');
const root = mkdtempSync(join(tmpdir(), 'evaluate-'));
test.after(() => rmSync(root, { recursive: true }));

const never = new AbortController().signal;
const evaluation: ClassifierEvaluation = { model: 'm.safetensors', source: 'imagefolder:x', json: true };

/** Images called by what a model will say of them: `cat-as-dog`, `broken`. */
function datasetOf(images: readonly string[], classes = ['cat', 'dog']): ClassificationDataset {
  return {
    name: 'imagefolder',
    classes,
    length: images.length,
    nameOf: (i) => images[i],
    image: (i) => images[i],
    label: (i) => classes.indexOf(images[i].split('-')[0]),
  };
}

const config = parseClassifierConfig(
  {
    architecture: 'resnet20',
    num_classes: 3,
    crop_size: 32,
    categories: ['dog', 'eel', 'cat'].map((name) => ({ name })),
  },
  'test',
);

/** Sees in an image what its name says. */
function fakeModel() {
  const batches: (number | undefined)[] = [];
  return {
    batches,
    config,
    async *logitsAll<S extends ImageSource>(
      sources: Iterable<S>,
      { batch, signal }: { readonly batch?: number; readonly signal?: AbortSignal } = {},
    ): AsyncGenerator<ScoredImage<S>> {
      batches.push(batch);
      let index = 0;
      for (const source of sources) {
        if (signal?.aborted) return;
        const said = String(source).split('-').at(-1);
        const seen = config.categories!.findIndex(({ name }) => name === said);
        if (seen < 0) yield { index, source, error: new ResnetCocoError('BAD_IMAGE', `${source}: the file is empty`) };
        else yield { index, source, logits: new Float32Array(3).fill(0).with(seen, 4) };
        index++;
      }
    },
  };
}

test('JSON has the accuracies, by the model’s classes; small images are run together', async () => {
  const { terminal, stdout, stderr } = record();
  const model = fakeModel();
  const dataset = datasetOf(['cat-as-cat', 'cat-as-dog', 'dog-as-dog', 'dog-as-dog']);
  assert.is(await evaluateClassifier(model, dataset, evaluation, terminal, never), 0);
  const result = JSON.parse(stdout.text);
  assert.equal([result.images, result.top1, result.top5, result.model], [4, 0.75, 1, 'm.safetensors']);
  assert.equal(
    result.perClass.map(({ index, label, images, top1 }: Record<string, unknown>) => [index, label, images, top1]),
    [
      [0, 'dog', 2, 1],
      [2, 'cat', 2, 0.5],
    ],
  );
  assert.is(result.mistakes[0].file, 'cat-as-dog');
  assert.match(stderr.text, /^4 images, 0\.\d s, [\d.]+ images\/s\n$/);
  await evaluateClassifier(model, dataset, { ...evaluation, batch: 5 }, terminal, never);
  assert.equal(model.batches, [128, 5]);
});

test('a broken image is reported, left out, and told by exit code 1', async () => {
  const { terminal, stdout, stderr } = record();
  const dataset = datasetOf(['cat-as-cat', 'cat-broken', 'dog-as-dog']);
  assert.is(await evaluateClassifier(fakeModel(), dataset, evaluation, terminal, never), 1);
  const result = JSON.parse(stdout.text);
  assert.equal([result.images, result.top1], [2, 1]);
  assert.equal(result.failures, [{ file: 'cat-broken', error: 'cat-broken: the file is empty' }]);
  assert.match(stderr.text, /^resnet-coco: cat-broken: the file is empty\n2 images, 1 failed, /);
});

test('without a single image there is no report, and no accuracy', async () => {
  const { terminal, stdout, stderr } = record();
  const report = join(root, 'none');
  const wanted = { ...evaluation, report };
  assert.is(await evaluateClassifier(fakeModel(), datasetOf(['cat-broken']), wanted, terminal, never), 1);
  const result = JSON.parse(stdout.text);
  assert.equal([result.images, result.top1, result.perClass], [0, null, []]);
  assert.not.ok(existsSync(report));
  assert.match(stderr.text, /0 images, 1 failed, /);
});

test('a table for people, and the report', async () => {
  const { terminal, stdout, stderr } = record();
  const report = join(root, 'report');
  const dataset = datasetOf(['cat-as-cat', 'cat-as-dog', 'dog-as-dog', 'dog-as-dog']);
  await evaluateClassifier(fakeModel(), dataset, { ...evaluation, json: false, report }, terminal, never);
  assert.match(stdout.text, /^top-1 +75\.00 %\nbalanced accuracy +75\.00 %\n/);
  assert.match(stdout.text, /^class +images +top-1 +top-5 +precision +F1 +most often taken for$/m);
  assert.match(stdout.text, /^cat +2 +50\.00 % +100\.00 % +100\.00 % +66\.67 % +dog 1$/m);
  assert.match(stderr.text, new RegExp(`results are in ${report}\n$`));
  assert.is(JSON.parse(readFileSync(join(report, 'report.json'), 'utf8')).top1, 0.75);
});

test('an interruption gives what was done', async () => {
  const { terminal, stdout, stderr } = record();
  const controller = new AbortController();
  const dataset = datasetOf(['cat-as-cat', 'cat-as-dog', 'dog-as-dog', 'dog-as-dog']);
  const stopping = {
    ...dataset,
    nameOf(i: number): string {
      if (i === 1) controller.abort();
      return dataset.nameOf(i);
    },
  };
  await evaluateClassifier(fakeModel(), stopping, evaluation, terminal, controller.signal);
  assert.is(JSON.parse(stdout.text).images, 2);
  assert.match(stderr.text, /2 images not processed\n$/);
});

test('classes that are matched by order are told', async () => {
  const { terminal, stdout, stderr } = record();
  const dataset = datasetOf(['ant-as-dog', 'bee-as-cat'], ['ant', 'bee', 'cow']);
  await evaluateClassifier(fakeModel(), dataset, evaluation, terminal, never);
  assert.match(stderr.text, /classes are matched by order/);
  const { perClass } = JSON.parse(stdout.text);
  assert.equal([perClass[0].label, perClass[0].top1, perClass[1].top1], ['ant', 1, 0]);
});

const needed = ['imagenet-weights/resnet18.safetensors.gz', 'imagenet-val-224/expected-resnet18.json'];
(hasShared(...needed) ? test : test.skip)('ResNet-18 on ImageNet has torchvision’s top-1 and top-5', async () => {
  const file = join(root, 'resnet18.safetensors');
  await pipeline(createReadStream(join(sharedData, needed[0])), createGunzip(), createWriteStream(file));
  // Two of the ten classes, to be quick; torchvision's answers are by file.
  const images = join(sharedData, 'imagenet-val-224');
  const wnids = readdirSync(images)
    .filter((name) => name.startsWith('n'))
    .slice(1, 3);
  const folder = join(root, 'val');
  mkdirSync(folder);
  for (const wnid of wnids) symlinkSync(join(images, wnid), join(folder, wnid));
  const dataset = await openClassificationDataset(`imagefolder:${folder}`);
  const classifier = await loadClassifier(file, { streams: 2 });
  const { terminal, stdout } = record();
  await evaluateClassifier(classifier, dataset, evaluation, terminal, never);
  await classifier.dispose();
  const expected: { file: string; top5: number[] }[] = JSON.parse(readFileSync(join(sharedData, needed[1]), 'utf8'));
  const index = (wnid: string) => classifier.config.categories!.findIndex((category) => category.wnid === wnid);
  const answers = expected
    .map(({ file, top5 }) => ({ wnid: file.split('/')[0], top5 }))
    .filter(({ wnid }) => wnids.includes(wnid));
  const share = (right: (answer: (typeof answers)[number]) => boolean) => answers.filter(right).length / answers.length;
  const result = JSON.parse(stdout.text);
  assert.is(result.images, answers.length);
  assert.is(
    result.top1,
    share(({ wnid, top5 }) => top5[0] === index(wnid)),
  );
  assert.is(
    result.top5,
    share(({ wnid, top5 }) => top5.includes(index(wnid))),
  );
});

test.run();
