import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  convertModel,
  exportModel,
  loadClassifier,
  loadDetector,
  loadModel,
  modelInfo,
  ResnetCocoError,
} from 'resnet-coco';
import { fetchModel, openModel, readLog, trainClassifier, trainingSettings, writeModel } from 'resnet-coco/backbone';
import {
  convertDataset,
  DetectionLoader,
  drawBoxes,
  fetchDataset,
  ImagePool,
  Loader,
  openClassificationDataset,
  readDetectionDataset,
  readImage,
  readImageSize,
  summarizeDetection,
  writeDetectionDataset,
  writeObjectCrops,
} from 'resnet-coco/datasets';
import { detectorSettings, detectorStart, trainDetector } from 'resnet-coco/detection';
import { createEngine, createSchedule } from 'resnet-coco/engine';
import { COCO, COCOeval, writeDetectionReport } from 'resnet-coco/eval';
import { createServer } from 'resnet-coco/server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from './shared-data.ts';

const test = suite('the public door');

const model = (name: string): string => join(projectRoot, 'models', `${name}.safetensors`);
const photo = join(projectRoot, 'samples', 'cat.jpg');
const folder = mkdtempSync(join(tmpdir(), 'resnet-coco-door-'));
test.after(() => rmSync(folder, { recursive: true }));

const annotations = join(folder, 'instances.json');
writeFileSync(
  annotations,
  JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', width: 9, height: 9 }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 5, 5], area: 25, iscrowd: 0 }],
    categories: [{ id: 1, name: 'cat' }],
  }),
);

/** What a caller of JavaScript may hand over. */
type Call = (...given: never[]) => unknown;
const call =
  (of: Call, ...given: unknown[]): (() => unknown) =>
  () =>
    Reflect.apply(of as unknown as (...given: unknown[]) => unknown, undefined, given);

async function refusal(use: () => unknown): Promise<ResnetCocoError> {
  try {
    const result = await use();
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
      for await (const _ of result as AsyncIterable<unknown>);
    }
  } catch (error) {
    assert.instance(error, ResnetCocoError, `${(error as Error).stack}`);
    return error as ResnetCocoError;
  }
  throw new Error('it was taken');
}

async function refused(cases: readonly (readonly [use: () => unknown, message: RegExp])[], code = 'USAGE') {
  for (const [use, message] of cases) {
    const error = await refusal(use);
    assert.is(error.code, code, error.message);
    assert.match(error.message, message);
  }
}

const images = { dataset: { images: [], annotations: [], categories: [] }, files: new Map() };

test('an option that there is not is refused by name, wherever it is given', async () => {
  const unknown = { bogus: 1 };
  const named = (of: string) => new RegExp(`^${of}: there is no option \`bogus\`; known are \\w+`);
  const of = (name: string, use: Call, ...given: unknown[]) => [call(use, ...given, unknown), named(name)] as const;
  await refused([
    of('loadClassifier', loadClassifier, 'resnet18'),
    of('loadDetector', loadDetector, 'a.safetensors'),
    of('loadModel', loadModel, 'a.safetensors'),
    of('exportModel', exportModel, 'a.safetensors'),
    of('convertModel', convertModel, 'a.safetensors', 'b.safetensors'),
    of('openModel', openModel, 'a.safetensors'),
    of('fetchModel', fetchModel, 'resnet18'),
    of('fetchDataset', fetchDataset, 'cifar10'),
    of('detectorStart', detectorStart, 'a.safetensors'),
    of('trainingSettings', trainingSettings, 'cifar10'),
    of('detectorSettings', detectorSettings, images),
    of('trainClassifier', trainClassifier),
    of('trainDetector', trainDetector),
    of('createServer', createServer),
    of('createEngine', createEngine, 'wasm'),
    of('createSchedule', createSchedule),
    of('readDetectionDataset', readDetectionDataset),
    of('convertDataset', convertDataset),
    of('writeDetectionDataset', writeDetectionDataset, images.dataset),
    of('writeObjectCrops', writeObjectCrops),
    of('openClassificationDataset', openClassificationDataset, 'imagefolder:a'),
    [() => new ImagePool(unknown as never), named('ImagePool')],
    [() => new Loader({} as never, unknown as never), named('Loader')],
    [() => new DetectionLoader([], unknown as never), named('DetectionLoader')],
  ]);
  const coco = await COCO.load(annotations);
  await refused([[() => coco.getAnnIds({ imgId: 1 } as never), /no option `imgId`; did you mean `imgIds`\?/]]);
});

test('a name that is nearly right is answered with the right one', async () => {
  await refused([
    [call(detectorSettings, images, { min_size: [1] }), /no option `min_size`; did you mean `minSize`\?/],
    [call(trainingSettings, 'cifar10', { epoch: 1 }), /no option `epoch`; did you mean `epochs`\?/],
    [call(loadDetector, 'x', { thread: 1 }), /no option `thread`; did you mean `threads`\?/],
  ]);
});

test('values of another kind are refused with what was given and what is wanted', async () => {
  await refused([
    [call(readDetectionDataset), /^readDetectionDataset: its options must be an object, is undefined$/],
    [call(readDetectionDataset, {}), /`annotations` is missing; it must be a path or a file: URL/],
    [call(readDetectionDataset, { annotations: 5 }), /`annotations` must be a path or a file: URL, is 5/],
    [call(readDetectionDataset, { annotations, split: 5 }), /`split` must be a string, is 5/],
    [call(readDetectionDataset, { annotations, format: 'kitti' }), /`format` must be coco, voc or yolo, is "kitti"/],
    [call(convertDataset, { annotations, out: 'b' }), /`to` is missing; it must be coco, voc or yolo/],
    [call(convertDataset, { annotations, out: 'b', to: 'kitti' }), /`to` must be coco, voc or yolo, is "kitti"/],
    [call(openClassificationDataset, 'imagefolder:a', { split: 'zz' }), /`split` must be train or test, is "zz"/],
    [call(openClassificationDataset, 5), /the data set must be a string, is 5/],
    [call(loadModel, undefined), /^loadModel: the model must be a path or a file: URL, is undefined$/],
    [call(loadModel, 5), /the model must be a path or a file: URL, is 5/],
    [call(loadModel, 'x', null), /^loadModel: its options must be an object, is null$/],
    [call(modelInfo, null), /^modelInfo: the model must be/],
    [call(trainingSettings, 'foo', {}), /the data set must be cifar10, cifar100 or imagefolder, is "foo"/],
    [call(detectorSettings), /^detectorSettings: the images must be an object, is undefined$/],
    [call(detectorSettings, images, { minSize: 800 }), /`minSize` must be a list, is 800/],
    [call(trainDetector, { folder: 'x' }), /`engine` is missing/],
    [call(convertModel, model('cifar10-resnet20'), join(folder, 'o.onnx')), /resnet-coco export MODEL --out .*o\.onnx/],
  ]);
});

test('what is written or judged is checked before it is looked into', async () => {
  await refused([
    [call(readLog, 5), /^readLog: the log must be a path or a file: URL, is 5$/],
    [call(writeModel, 5, {}, {}), /^writeModel: the file must be a path/],
    [call(writeModel, join(folder, 'm.safetensors'), {}), /the weights must be an object, is undefined/],
    [call(writeDetectionReport), /^writeDetectionReport: the folder must be a path/],
    [
      call(writeDetectionDataset, undefined, { to: 'coco', out: 'x.json' }),
      /the data set must be an object, is undefined/,
    ],
    [call(loadModel, 'x', {}, 5), /`suited` must be a function, is 5/],
    [call(summarizeDetection), /the data set must be an object, is undefined/],
    [call(drawBoxes), /the image must be an object, is undefined/],
    [() => new COCOeval('a.json' as never, 'b.json' as never), /the ground truth must be a COCO, .* is "a\.json"/],
  ]);
});

test('a detector and a classifier refuse options, and say when they were disposed', async () => {
  const detector = await loadDetector(pathToFileURL(model('bccd-resnet18-fpn')), { threads: 1 });
  const classifier = await loadClassifier(pathToFileURL(model('cifar10-resnet20')), { threads: 1 });
  const score = (value: unknown) => call(detector.detect.bind(detector), photo, { score: value });
  await refused([
    [score(null), /^score must be a number from 0 to 1, is null$/],
    [score('0.5'), /^score must be a number from 0 to 1, is "0\.5"$/],
    [score({}), /^score must be a number from 0 to 1, is an empty object$/],
    [call(detector.detect.bind(detector), photo, 0.5), /^detect: its options must be an object, is 0\.5$/],
    [call(detector.detect.bind(detector), photo, { scores: 1 }), /did you mean `score`\?/],
    [call(detector.detectAll.bind(detector), photo, { signal: 5 }), /`signal` must be an AbortSignal, is 5/],
    [call(classifier.classify.bind(classifier), photo, { top: '5' }), /^top must be a whole number .*, is "5"$/],
    [call(classifier.classifyAll.bind(classifier), photo, { keepImage: true }), /no option `keepImage`/],
    [call(classifier.logitsAll.bind(classifier), photo, { top: 5 }), /no option `top`/],
    [call(classifier.classifyLoaded.bind(classifier)), /the images must be a list, is undefined/],
    [call(detector.detectLoaded.bind(detector)), /the images must be a list, is undefined/],
  ]);
  for await (const { file, item } of classifier.logitsAll([photo])) assert.equal([file, item], [photo, photo]);
  await detector.dispose();
  await classifier.dispose();
  const disposed = /^the model was disposed; load it again$/;
  await refused(
    [
      [() => detector.detect(photo), disposed],
      [() => detector.detectAll(photo), disposed],
      [() => classifier.classify(photo), disposed],
      [() => classifier.logitsAll(photo), disposed],
    ],
    'DISPOSED',
  );
});

test('a file: URL is taken where a path is', async () => {
  const { dataset, format } = await readDetectionDataset({ annotations: pathToFileURL(annotations) });
  assert.equal([format, dataset.images.length], ['coco', 1]);
  const out = pathToFileURL(join(folder, 'copy.json'));
  const { images: count } = await convertDataset({ annotations: pathToFileURL(annotations), to: 'coco', out });
  assert.is(count, 1);
  const info = await modelInfo(pathToFileURL(model('cifar10-resnet20')));
  assert.is('task' in info && info.task, 'classification');
  assert.equal(await readImageSize(pathToFileURL(photo)), await readImageSize(photo));
});

test('a URL of another machine is to be fetched first', async () => {
  const url = 'https://example.org/cat.jpg';
  const wanted = /^https:\/\/example\.org\/cat\.jpg: a URL, not a file; fetch it first/;
  await refused(
    [
      [() => readImage(url), wanted],
      [() => readImage(new URL(url)), wanted],
      [() => readImageSize(url), wanted],
      [() => readDetectionDataset({ annotations: url }), wanted],
      [() => loadModel(url), wanted],
    ],
    'FILE_NOT_FOUND',
  );
});

test.run();
