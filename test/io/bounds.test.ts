import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseClassifierConfig, trainingSettings } from '../../backbone/index.ts';
import { checkTrainingSettings } from '../../backbone/training/settings.ts';
import { commands } from '../../cli/commands.ts';
import type { CommandList } from '../../cli/terminal/command.ts';
import type { FlagTable } from '../../cli/terminal/flags.ts';
import { checkDetectionRecipe, checkRecipe, encodeImage, ImagePool, writeObjectCrops } from '../../datasets/index.ts';
import { parseDetectorConfig, parseTrainingSettings } from '../../detection/index.ts';
import { createEngine, createSchedule } from '../../engine/index.ts';
import { checkTrainingOptions } from '../../engine/optimizers/check-options.ts';
import { ResnetCocoError } from '../../errors.ts';
import { loadClassifier, loadDetector } from '../../index.ts';
import { serverSettings } from '../../server/options.ts';

const test = suite('bounds of numbers');

/** The message of a coded error; anything else, or a second of work, fails. */
function refusal(call: () => unknown): string {
  const before = process.cpuUsage();
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof ResnetCocoError && error.code === 'BAD_CONFIG', `${(error as Error).stack}`);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1e6, `${(user + system) / 1000} ms for: ${(error as Error).message}`);
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

/** Numbers that no setting takes. */
const ABSURD = [2 ** 31, 1e9, -1e9, 1e300, Number.POSITIVE_INFINITY, Number.NaN];

const DETECTOR = { architecture: 'fasterrcnn', backbone: 'resnet18', num_classes: 3, categories: [] };

test('every number of a detector has a bound, which the error says with field and value', () => {
  const numbers = Object.entries(parseDetectorConfig(DETECTOR, 'test')).filter(
    ([, value]) => typeof value === 'number',
  );
  assert.ok(numbers.length > 15);
  for (const [field] of numbers) {
    for (const value of ABSURD) {
      const message = refusal(() => parseDetectorConfig({ ...DETECTOR, [field]: value }, 'model.safetensors'));
      assert.match(message, new RegExp(`^model\\.safetensors: config: ${field}: `));
      if (!Number.isNaN(value))
        assert.ok(message.includes(`${value}`) && /from|multiple|received/.test(message), message);
    }
  }
  for (const value of ABSURD) {
    const changes = [
      { anchor_sizes: [[value], [1], [1], [1], [1]] },
      { aspect_ratios: [value] },
      { box_head_conv_layers: [value] },
      { image_mean: [0, 0, value] },
      { image_std: [1, 1, value] },
    ];
    for (const change of changes) refusal(() => parseDetectorConfig({ ...DETECTOR, ...change }, 'test'));
  }
  refusal(() => parseDetectorConfig({ ...DETECTOR, aspect_ratios: Array(1e5).fill(1) }, 'test'));
  refusal(() => parseDetectorConfig({ ...DETECTOR, box_head_conv_layers: Array(1e5).fill(1) }, 'test'));
});

test('what settings come to together has a bound too', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  const cases: [object, RegExp][] = [
    [{ min_size: 8000, max_size: 8000 }, /min_size 8000 × max_size 8000.*64000000.*more than 16777216/],
    [{ anchor_sizes: Array(5).fill(hundred), aspect_ratios: hundred }, /10000 to a cell: anchors/],
    [{ rpn_post_nms_top_n_test: 20_000, box_roi_pool_output_size: 64 }, /numbers of a map/],
    [{ rpn_post_nms_top_n_test: 5000, box_head_conv_layers: [8192] }, /box_roi_pool_output_size²: numbers of a map/],
    [{ mask_head: { roi_pool_output_size: 64, conv_layers: [4096] } }, /mask_head\.roi_pool_output_size²: numbers/],
    [{ mask_head: { roi_pool_output_size: 32 }, num_classes: 10_000 }, /mask_head\.roi_pool_output_size²: numbers/],
    [
      { box_detections_per_img: 1000, keypoint_head: { num_keypoints: 1000 } },
      /keypoint_head\.roi_pool_output_size²: numbers/,
    ],
    [{ rpn_post_nms_top_n_test: 10_000, box_roi_pool_sampling_ratio: 16 }, /sampling_ratio²: points/],
    [{ rpn_post_nms_top_n_test: 20_000, box_roi_pool_output_size: 1, num_classes: 2000 }, /scores/],
    [{ fpn_out_channels: 8192, rpn_conv_depth: 32, rpn_post_nms_top_n_test: 1 }, /weights/],
  ];
  for (const [change, pattern] of cases)
    assert.match(
      refusal(() => parseDetectorConfig({ ...DETECTOR, ...change }, 'test')),
      pattern,
    );
});

test('usual and large but sensible detectors are taken', () => {
  for (const change of [
    { min_size: 2000, max_size: 3000 },
    { num_classes: 13_205, rpn_post_nms_top_n_test: 2000 },
    {
      anchor_sizes: [
        [8, 16],
        [32, 45],
        [64, 90],
        [128, 181],
        [256, 512],
      ],
      aspect_ratios: [0.2, 0.5, 1, 2, 5],
    },
    { rpn_pre_nms_top_n_test: 6000, box_roi_pool_output_size: 14, box_roi_pool_sampling_ratio: 0 },
    { feature_maps: 'c4', backbone: 'resnet50' },
    { feature_maps: 'dc5', backbone: 'resnet50' },
    { mask_head: {}, keypoint_head: {} },
    { mask_head: {}, num_classes: 1204, box_detections_per_img: 300 },
    { box_head_conv_layers: [256, 256, 256, 256], fpn_norm_layer: 'BatchNorm2d', representation_size: 2048 },
  ])
    parseDetectorConfig({ ...DETECTOR, ...change }, 'test');
});

test('every number of a classifier, of a recipe and of training has a bound', () => {
  for (const value of ABSURD) {
    for (const field of ['num_classes', 'crop_size', 'resize_size'])
      refusal(() => parseClassifierConfig({ architecture: 'resnet18', num_classes: 3, [field]: value }, 'test'));
    for (const field of Object.keys(parseTrainingSettings({}, 'test')))
      refusal(() => parseTrainingSettings({ [field]: value }, 'test'));
    const ofPictures = { image_mean: [0, 0, 0], image_std: [1, 1, 1] };
    refusal(() => checkRecipe({ kind: 'training', size: value, ...ofPictures }));
    refusal(() => checkDetectionRecipe({ min_size: [value], max_size: 1333, ...ofPictures }));
    refusal(() => checkDetectionRecipe({ min_size: [1], max_size: value, ...ofPictures }));
    const settings = trainingSettings('cifar10', {});
    for (const field of ['epochs', 'batch', 'evaluate_every', 'clip_norm', 'ema', 'resize_size', 'freeze'])
      assert.match(
        refusal(() => checkTrainingSettings({ ...settings, [field]: value })),
        new RegExp(field),
      );
    refusal(() =>
      checkTrainingSettings({
        ...settings,
        schedule: { ...settings.schedule, rate: value === 1e9 || value === 2 ** 31 ? 1e39 : value },
      }),
    );
  }
  assert.match(
    refusal(() => trainingSettings('imagefolder', { batch: 5000 })),
    /^`batch`: 5000 images of 50176 pixels/,
  );
  for (const architecture of ['resnet99999999999999999999', 'resnet1208', 'plain4294967296'])
    parseClassifierConfig({ architecture, num_classes: 3 }, 'test');
});

async function usageError(call: () => unknown): Promise<string> {
  const error = await Promise.resolve()
    .then(call)
    .catch((problem: unknown) => problem);
  assert.ok(error instanceof ResnetCocoError && error.code === 'USAGE', `${error}`);
  return (error as Error).message;
}

const pixels = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) };

test('numbers that are handed to a model, and to what reads and writes images, have bounds', async () => {
  const classifier = await loadClassifier('cifar10-resnet20', { threads: 1 });
  const detector = await loadDetector('coco-mini-resnet18-fpn', { threads: 1 });
  const pool = new ImagePool();
  const drain = async (results: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of results);
  };
  try {
    for (const value of [0, 1.5, ...ABSURD]) {
      const calls: readonly (readonly [field: string, () => unknown])[] = [
        ['top', () => classifier.classify(pixels, { top: value })],
        ['top', () => classifier.classifyLoaded([], { top: value })],
        ['top', () => drain(classifier.classifyAll([], { top: value }))],
        ['batch', () => drain(classifier.classifyAll([], { batch: value }))],
        ['batch', () => drain(detector.detectAll([], { batch: value }))],
        ['ahead', () => drain(pool.prefetch([], { kind: 'plain' } as never, { ahead: value }))],
        ['threads', () => new ImagePool({ threads: value })],
      ];
      for (const [field, call] of calls) assert.match(await usageError(call), new RegExp(`^${field}\\b.*from 1 to`));
      if (value === 0 || value === 1.5) continue;
      const beyond: readonly (readonly [field: string, () => unknown])[] = [
        ['score', () => detector.detect(pixels, { score: value })],
        ['score', () => drain(detector.detectAll([], { score: value }))],
        ['quality', () => encodeImage(pixels, 'jpeg', value)],
        ['smallest', () => writeObjectCrops({ annotations: 'a.json', out: 'nowhere', smallest: value })],
        ['margin', () => writeObjectCrops({ annotations: 'a.json', out: 'nowhere', margin: value })],
        ['background', () => writeObjectCrops({ annotations: 'a.json', out: 'nowhere', background: value })],
      ];
      for (const [field, call] of beyond)
        assert.match(await usageError(call), new RegExp(`^${field} must be a number`));
    }
    assert.is((await classifier.classify(pixels, { top: 100_000 })).length, 10);
  } finally {
    await pool.close();
    await detector.dispose();
    await classifier.dispose();
  }
});

test('every number of a service, of a schedule and of an optimizer has a bound', () => {
  const numbers = Object.entries(serverSettings({ models: ['a'], threads: 1, batch: 1 })).filter(
    ([, value]) => typeof value === 'number',
  );
  assert.ok(numbers.length >= 9);
  for (const value of [1e300, Number.POSITIVE_INFINITY, Number.NaN, -1, 2 ** 53]) {
    for (const [field] of numbers) {
      assert.match(
        refusal(() => serverSettings({ models: ['a'], [field]: value })),
        new RegExp(`server: config: ${field}: `),
      );
    }
    for (const field of ['rate', 'total', 'gamma', 'warmup']) {
      // Training that diverges is stopped where it does, so a rate may be any number of 32 bits.
      if (field === 'rate' && value === 2 ** 53) continue;
      assert.match(
        refusal(() => createSchedule({ kind: 'steps', rate: 0.1, total: 9, [field]: value })),
        new RegExp(`schedule: ${field} must be`),
      );
    }
    for (const field of ['epsilon', 'weightDecay'])
      refusal(() => checkTrainingOptions({ optimizer: { kind: 'adamw', [field]: value } }));
    refusal(() => checkTrainingOptions({ optimizer: { kind: 'sgd' }, clipNorm: value }));
  }
});

test('threads and streams of an engine have a bound', async () => {
  for (const value of [0, -1, 1.5, ...ABSURD]) {
    for (const field of ['threads', 'streams']) {
      const error = await createEngine('onnx', { [field]: value }).catch((problem: unknown) => problem);
      assert.ok(error instanceof ResnetCocoError && error.code === 'USAGE' && error.message.includes(field));
    }
  }
});

async function flagTables(list: CommandList): Promise<[string, FlagTable][]> {
  const tables: [string, FlagTable][] = [];
  for (const group of Object.values(list)) {
    for (const [name, entry] of Object.entries(group)) {
      const all = 'subcommands' in entry ? Object.entries(entry.subcommands) : [[name, entry] as const];
      for (const [command, { load }] of all) tables.push([`${name} ${command}`, (await load()).flags]);
    }
  }
  return tables;
}

test('every number of a command has a bound', async () => {
  const unbounded: string[] = [];
  for (const [command, table] of await flagTables(commands)) {
    for (const [name, flag] of Object.entries(table)) {
      if (flag.kind !== 'integer' && flag.kind !== 'number') continue;
      // A seed may be any whole number that is exact.
      if (name !== 'seed' && (flag.min === undefined || flag.max === undefined)) unbounded.push(`${command} --${name}`);
    }
  }
  assert.equal(unbounded, []);
});

test.run();
