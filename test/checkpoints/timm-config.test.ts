import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isOfTimm, timmDescription } from '../../checkpoints/hub/timm-config.ts';
import { ResnetCocoError } from '../../errors.ts';

const test = suite("timm's config.json");

/** As the hub has it for resnet50.a1_in1k. */
const A1 = {
  architecture: 'resnet50',
  num_classes: 1000,
  num_features: 2048,
  global_pool: 'avg',
  pretrained_cfg: {
    tag: 'a1_in1k',
    custom_load: false,
    input_size: [3, 224, 224],
    test_input_size: [3, 288, 288],
    fixed_input_size: false,
    interpolation: 'bicubic',
    crop_pct: 0.95,
    test_crop_pct: 1.0,
    crop_mode: 'center',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    num_classes: 1000,
    pool_size: [7, 7],
    first_conv: 'conv1',
    classifier: 'fc',
    origin_url: 'https://example.org/timm',
    paper_ids: 'arXiv:2110.00476',
  },
};

const describe = (config: object) => timmDescription(config as never, 'config.json');

test('architecture, tag and preparation', () => {
  assert.ok(isOfTimm(A1));
  assert.equal(describe(A1), {
    file: 'config.json',
    architecture: 'resnet50',
    numClasses: 1000,
    settings: {
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
      interpolation: 'bicubic',
      crop_size: 224,
      crop_pct: 0.95,
      test_crop_size: 288,
      test_crop_pct: 1,
      provenance: { weights: 'resnet50.a1_in1k', url: 'https://example.org/timm' },
    },
    notes: [],
  });
});

test('an older file has the fields beside the architecture, whose name may have the tag', () => {
  const { architecture, pretrained_cfg } = A1;
  const flat = { ...pretrained_cfg, tag: undefined, architecture: `${architecture}.a1_in1k` };
  assert.ok(isOfTimm(flat));
  assert.equal(describe(flat), describe(A1));
  const names = ['tv_resnet50', 'ssl_resnet18', 'gluon_resnet101_v1b', 'resnet34'].map(
    (name) => describe({ architecture: name, pretrained_cfg: {} }).architecture,
  );
  assert.equal(names, ['resnet50', 'resnet18', 'resnet101', 'resnet34']);
});

test('labels by WordNet’s ids or by name; where there are none, numbers, which is said', () => {
  const named = describe({
    ...A1,
    num_classes: 3,
    label_names: ['n01440764', 'n99999999', 'cat'],
    label_descriptions: { n99999999: 'a thing', cat: 'a cat' },
  });
  assert.equal(named.settings.categories, [
    { name: 'tench', wnid: 'n01440764' },
    { name: 'a thing', wnid: 'n99999999' },
    { name: 'a cat' },
  ]);
  const numbered = describe({ ...A1, num_classes: 11821, pretrained_cfg: { ...A1.pretrained_cfg, tag: 'sw_in12k' } });
  assert.is(numbered.settings.categories, undefined);
  assert.match(numbered.notes.join(), /names none of the 11821 classes of sw_in12k.*their numbers/);
});

test('null is what timm’s defaults are', () => {
  const { settings } = describe({ architecture: 'resnet18', pretrained_cfg: { input_size: null, crop_pct: null } });
  assert.equal([settings.crop_size, settings.crop_pct, settings.interpolation], [224, 0.875, 'bicubic']);
});

test('what is not supported is refused by field and value', () => {
  const cases: readonly (readonly [change: object, message: RegExp])[] = [
    [{ pretrained_cfg: { interpolation: 'nearest' } }, /pretrained_cfg\.interpolation: must be one of.*is "nearest"/],
    [{ pretrained_cfg: { input_size: [3, 224, 192] } }, /input_size: must be as high as it is wide/],
    [{ pretrained_cfg: { input_size: [1, 224, 224] } }, /input_size/],
    [{ pretrained_cfg: { crop_mode: 'tiles' } }, /crop_mode: must be one of/],
    [{ pretrained_cfg: { std: [0, 1, 1] } }, /std\.0: must be a number from/],
    [{ global_pool: 'catavgmax' }, /global_pool: must be.*is "catavgmax"/],
    [{ model_args: { output_stride: 8 } }, /model_args\.output_stride: is not supported/],
    [{ label_names: ['a'] }, /label_names has 1 entries, but num_classes is 1000/],
  ];
  for (const [change, message] of cases) {
    assert.throws(
      () => describe({ ...A1, ...change }),
      (error: unknown) =>
        error instanceof ResnetCocoError && error.code === 'BAD_CONFIG' && message.test(error.message),
      `${message}`,
    );
  }
});

test('former names are those of today, and arguments that change nothing are no obstacle', () => {
  const names = {
    gluon_resnet50_v1b: 'resnet50',
    gluon_resnet50_v1d: 'resnet50d',
    gluon_seresnext50_32x4d: 'seresnext50_32x4d',
    swsl_resnet18: 'resnet18',
  };
  for (const [former, today] of Object.entries(names)) {
    assert.is(describe({ ...A1, architecture: former }).architecture, today);
  }
  describe({ ...A1, model_args: { in_chans: 3, global_pool: 'avg', output_stride: 32, act_layer: null } });
  for (const model_args of [{ in_chans: 1 }, { output_stride: 16 }, { act_layer: 'gelu' }]) {
    assert.throws(
      () => describe({ ...A1, model_args }),
      /model_args\.(in_chans|output_stride|act_layer): is not supported/,
    );
  }
});

test.run();
