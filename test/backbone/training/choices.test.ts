import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  IMAGENET_MEAN,
  parseClassifierConfig,
  type TrainingChoices,
  type TrainingSettings,
  trainingSettings,
} from '../../../backbone/index.ts';
import { modelConfig } from '../../../backbone/training/model-config.ts';
import { networkNamed } from '../../../backbone/training/network.ts';
import { checkTrainingSettings } from '../../../backbone/training/settings.ts';
import type { ClassificationDataset } from '../../../datasets/index.ts';
import type { ErrorCode, ResnetCocoError } from '../../../errors.ts';
import { learningRates, trainingOptions } from '../../../training/optimization.ts';

const test = suite('choices of a training run');

function fails(action: () => unknown, code: ErrorCode, pattern: RegExp): void {
  try {
    action();
  } catch (error) {
    assert.is((error as ResnetCocoError).code, code);
    assert.match((error as Error).message, pattern);
    return;
  }
  assert.unreachable(`nothing failed; expected ${pattern}`);
}

test('CIFAR goes by the paper', () => {
  const settings = trainingSettings('cifar10', {});
  assert.equal(
    [settings.architecture, settings.stem, settings.shortcut, settings.epochs, settings.batch],
    ['resnet20', 'cifar', 'A', 164, 128],
  );
  assert.equal(settings.optimizer, {
    kind: 'sgd',
    momentum: 0.9,
    nesterov: false,
    weight_decay: 1e-4,
    decay_norms: true,
  });
  assert.equal(settings.schedule, { kind: 'steps', rate: 0.1, warmup: 0, milestones: [82, 123] });
  assert.equal(settings.recipe.augmentations, [
    { kind: 'pad_and_crop', padding: 4 },
    { kind: 'random_horizontal_flip' },
  ]);
  assert.equal([settings.recipe.size, settings.resize_size], [32, null]);
  const rates = learningRates(settings, 390);
  assert.ok(Math.abs(rates(82 * 390) - 0.01) < 1e-9);
  assert.equal([rates(0), rates(82 * 390 - 1)], [0.1, 0.1]);
});

test('folders go by torchvision', () => {
  const settings = trainingSettings('imagefolder', {});
  assert.equal(
    [settings.architecture, settings.stem, settings.shortcut, settings.epochs, settings.batch],
    ['resnet50', 'imagenet', 'B', 90, 32],
  );
  assert.equal(settings.schedule, { kind: 'steps', rate: 0.0125, warmup: 0, milestones: [30, 60] });
  assert.equal(settings.recipe.augmentations, [{ kind: 'random_resized_crop' }, { kind: 'random_horizontal_flip' }]);
  assert.equal(
    [settings.recipe.size, settings.resize_size, settings.recipe.image_mean],
    [224, 256, [...IMAGENET_MEAN]],
  );
});

test('a model that a training begins from leaves it how images are prepared', () => {
  const init = parseClassifierConfig(
    {
      ...{ architecture: 'resnet18', num_classes: 1000, image_mean: [0.5, 0.4, 0.3], image_std: [0.3, 0.2, 0.1] },
      ...{ interpolation: 'bicubic', crop_mode: 'squash', crop_rounding: 'down', channel_order: 'bgr' },
      ...{ crop_size: 224, crop_pct: 0.95, test_crop_size: 288 },
    },
    'test',
  );
  const settings = trainingSettings('imagefolder', {}, init);
  const { channel_order, crop_mode, crop_rounding, interpolation, recipe, resize_size } =
    checkTrainingSettings(settings);
  assert.equal(
    { channel_order, crop_mode, crop_rounding, interpolation, resize_size },
    { channel_order: 'bgr', crop_mode: 'squash', crop_rounding: 'down', interpolation: 'bicubic', resize_size: 235 },
  );
  assert.equal(recipe.augmentations, [
    { kind: 'random_resized_crop', interpolation: 'bicubic' },
    { kind: 'random_horizontal_flip' },
  ]);
  assert.equal([recipe.channel_order, recipe.image_mean], ['bgr', [0.5, 0.4, 0.3]]);
  const dataset = { name: 'pets', classes: ['cat', 'dog'], length: 0 } as unknown as ClassificationDataset;
  const { categories, num_classes, ...model } = modelConfig(settings, dataset);
  assert.equal(model, {
    ...{ architecture: 'resnet18', stem: 'imagenet', shortcut: 'B', stride_on: '3x3' },
    ...{ image_mean: [0.5, 0.4, 0.3], image_std: [0.3, 0.2, 0.1], resize_size: 235, crop_size: 224 },
    ...{ interpolation: 'bicubic', crop_mode: 'squash', crop_rounding: 'down', channel_order: 'bgr' },
  });
  assert.not('interpolation' in trainingSettings('imagefolder', {}), 'nothing is said where nothing is changed');
});

test('what is chosen is what is set', () => {
  const { recipe, ...settings } = trainingSettings('imagefolder', {
    arch: 'resnet18',
    optimizer: 'adamw',
    decayNorms: false,
    schedule: 'cosine',
    warmup: 2.5,
    clipNorm: 1,
    ema: 0.999,
    augment: 'randaugment',
    colorJitter: 0.4,
    erase: 0.25,
    mixup: 0.2,
    cutmix: 1,
    labelSmoothing: 0.1,
    size: 64,
    evaluateEvery: 5,
    seed: 3,
  });
  assert.equal(recipe.augmentations?.slice(2), [
    { kind: 'rand_augment' },
    { kind: 'color_jitter', brightness: 0.4, contrast: 0.4, saturation: 0.4 },
  ]);
  assert.equal(
    [recipe.random_erasing, recipe.mixup_alpha, recipe.cutmix_alpha, recipe.label_smoothing, recipe.size],
    [{ p: 0.25 }, 0.2, 1, 0.1, 64],
  );
  assert.equal(
    [settings.schedule, settings.evaluate_every, settings.seed, settings.resize_size],
    [{ kind: 'cosine', rate: 1e-3, warmup: 2.5 }, 5, 3, 73],
  );
  const options = trainingOptions(settings as TrainingSettings, { 'conv1.weight': [4, 3, 3, 3], 'bn1.weight': [4] });
  assert.equal(options, {
    optimizer: { kind: 'adamw', weightDecay: 0.01, noDecay: ['bn1.weight'] },
    clipNorm: 1,
    averageDecay: 0.999,
  });
  assert.equal(trainingSettings('imagefolder', { augment: 'none' }).recipe.augmentations?.length, 1);
  assert.equal(trainingSettings('cifar10', { augment: 'none' }).recipe.augmentations, []);
});

test('a random crop shows a least share of the picture, where there are crops', () => {
  const { recipe } = trainingSettings('imagefolder', { cropScale: 0.25 });
  assert.equal(recipe.augmentations?.[0], { kind: 'random_resized_crop', scale: [0.25, 1] });
  fails(() => trainingSettings('cifar10', { cropScale: 0.25 }), 'USAGE', /`cropScale` 0.25: CIFAR's .* leave it out/);
  fails(
    () => trainingSettings('imagefolder', { cropScale: 0.5, augment: 'none' }),
    'USAGE',
    /`cropScale` 0.5: without augmentation/,
  );
});

test('a model to begin from brings its network, its pictures and a smaller learning rate', () => {
  const init = parseClassifierConfig(
    {
      architecture: 'resnet50',
      shortcut: 'C',
      stride_on: '1x1',
      num_classes: 10,
      image_mean: [0.5, 0.5, 0.5],
      crop_size: 160,
      resize_size: 200,
    },
    'test',
  );
  const settings = trainingSettings('imagefolder', { freeze: 2 }, init);
  assert.equal([settings.architecture, settings.shortcut, settings.stride_on], ['resnet50', 'C', '1x1']);
  assert.equal(settings.recipe.image_mean, [0.5, 0.5, 0.5]);
  assert.equal([settings.recipe.size, settings.resize_size, settings.freeze], [160, 200, 2]);
  assert.ok(Math.abs(settings.schedule.rate - 0.00125) < 1e-12);
  const other = trainingSettings('imagefolder', { arch: 'resnet18', size: 112, lr: 0.5 }, init);
  assert.equal(
    [other.architecture, other.shortcut, other.resize_size, other.schedule.rate],
    ['resnet18', 'B', 128, 0.5],
  );
});

test('stems by depth and pictures', () => {
  const stem = (name: string, smallImages: boolean) => networkNamed(name, { smallImages }).stem;
  assert.equal(
    [stem('resnet20', true), stem('resnet20', false), stem('resnet50', true), stem('resnet50', false)],
    ['cifar', 'cifar', 'cifar', 'imagenet'],
  );
  assert.equal(
    [stem('resnet18', true), stem('plain56', false), stem('plain34', false)],
    ['imagenet', 'cifar', 'imagenet'],
  );
  const { shortcut } = networkNamed('plain20', { smallImages: true });
  assert.is(shortcut, 'none');
  for (const name of ['resnet21', 'resnet2', 'resnet', 'vgg', '']) {
    fails(() => stem(name, true), 'USAGE', /`arch` is '.*'; known are resnet18, .* 6n \+ 2/);
  }
});

test('choices that exclude one another are refused with what to do', () => {
  const cases: [choices: TrainingChoices, pattern: RegExp][] = [
    [{ arch: 'plain20', shortcut: 'B' }, /plain20 has none; leave it out/],
    [{ schedule: 'one-cycle', warmup: 1 }, /one-cycle warms up by itself: leave out `warmup`/],
    [{ schedule: 'cosine', milestones: [3] }, /`milestones` apply to `schedule` steps, not to cosine/],
    [{ optimizer: 'adamw', momentum: 0.9 }, /`momentum` applies to SGD only/],
    [{ optimizer: 'adamw', nesterov: true }, /`nesterov` applies to SGD only/],
    [{ momentum: 0, nesterov: true }, /`nesterov` needs a `momentum` above 0/],
    [{ warmup: 5, epochs: 5 }, /`warmup` 5 takes the whole run of 5 epochs/],
    [{ freeze: 1 }, /`freeze` .* `init`/],
    [{ size: 64 }, /`size` 64: CIFAR's images have 32 pixels/],
  ];
  const untyped: [object, RegExp][] = [
    [{ optimizer: 'adam' }, /`optimizer` must be sgd or adamw, is "adam"/],
    [{ optimiser: 'adamw' }, /no option `optimiser`; did you mean `optimizer`\?/],
  ];
  for (const [choices, pattern] of [...cases, ...untyped]) {
    fails(() => trainingSettings('cifar10', choices), 'USAGE', pattern);
  }
  const values: [choices: TrainingChoices, pattern: RegExp][] = [
    [{ milestones: [5, 3], epochs: 9 }, /^`milestones`: 5, 3 are not in ascending order$/],
    [{ milestones: [3, 10], epochs: 9 }, /^`milestones`: 10 is after the last of 9 epochs$/],
    [{ lr: 0 }, /^`lr`: must be above 0 .*, is 0$/],
    [{ momentum: 1 }, /^`momentum`: must be below 1, is 1$/],
    [{ clipNorm: -1 }, /^`clipNorm`: must be above 0 .*, is -1$/],
    [{ evaluateEvery: 0 }, /^`evaluateEvery`: must be a whole number from 1 .*, is 0$/],
    [{ ema: 1 }, /^`ema`: must be below 1, is 1$/],
    [{ labelSmoothing: 2 }, /^`labelSmoothing` is 2: must be a number from 0 to 1$/],
    [{ mixup: -1 }, /^`mixup` is -1: must be/],
  ];
  for (const [choices, pattern] of values) fails(() => trainingSettings('cifar10', choices), 'BAD_CONFIG', pattern);
});

test('settings from a file are checked', () => {
  const settings = trainingSettings('cifar10', {});
  assert.equal(checkTrainingSettings(JSON.parse(JSON.stringify(settings))), settings);
  fails(() => checkTrainingSettings({ ...settings, extra: 1 }), 'BAD_CONFIG', /extra/);
  const evaluation = {
    kind: 'classification',
    resize_size: 8,
    crop_size: 8,
    image_mean: [0, 0, 0],
    image_std: [1, 1, 1],
  };
  fails(() => checkTrainingSettings({ ...settings, recipe: evaluation }), 'BAD_CONFIG', /recipe: its kind/);
  fails(() => checkTrainingSettings(null), 'BAD_CONFIG', /training/);
});

test.run();
