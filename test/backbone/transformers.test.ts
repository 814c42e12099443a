import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classifierConfigOf, classifierProgram, classifierShapes, planClassifier } from '../../backbone/index.ts';
import { openModel, readWeights, type StoredTensor, writeSafetensors } from '../../checkpoints/index.ts';
import { imagenetClasses } from '../../datasets/index.ts';
import { createEngine } from '../../engine/index.ts';
import { modelInfo } from '../../index.ts';
import { rejects } from '../rejects.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

const test = suite("ResNets of Hugging Face's transformers");
const root = mkdtempSync(join(tmpdir(), 'transformers-'));
test.after(() => rmSync(root, { recursive: true }));

const fixtures = JSON.parse(readFileSync(join(fixturesDir, 'transformers_resnet.json'), 'utf8')) as {
  cases: { name: string; config: Record<string, unknown>; logits: number[] }[];
  bodies: Record<string, string[]>;
  preprocessor: Record<string, unknown>;
};
const [resnet18, resnet50] = fixtures.cases;

/** What transformers calls a tensor of this toolkit. */
const theirName = (name: string): string =>
  name
    .replace(
      /^(conv1|bn1)\./,
      (_, kind) => `resnet.embedder.embedder.${kind === 'conv1' ? 'convolution' : 'normalization'}.`,
    )
    .replace(/^layer(\d)\.(\d+)\.(conv|bn)(\d)\./, (_, stage, block, kind, layer) => {
      const part = kind === 'conv' ? 'convolution' : 'normalization';
      return `resnet.encoder.stages.${stage - 1}.layers.${block}.layer.${layer - 1}.${part}.`;
    })
    .replace(/^layer(\d)\.(\d+)\.downsample\.(\d)\./, (_, stage, block, part) => {
      const kind = part === '0' ? 'convolution' : 'normalization';
      return `resnet.encoder.stages.${stage - 1}.layers.${block}.shortcut.${kind}.`;
    })
    .replace(/^fc\./, 'classifier.1.');

let made = 0;

/** A folder as `save_pretrained` writes it, with the weights of waves.py. */
async function saved(
  architecture: string,
  files: Readonly<Record<string, unknown>>,
  named: (name: string) => string | undefined = theirName,
): Promise<string> {
  const folder = join(root, `${made++}`);
  mkdirSync(folder);
  const plan = planClassifier({
    architecture,
    stem: 'imagenet',
    shortcut: 'B',
    stride_on: '3x3',
    num_classes: 7,
  } as never);
  const shapes = Object.entries(classifierShapes(plan)).flatMap(([name, shape]) => {
    const theirs = named(name);
    return theirs === undefined ? [] : [[theirs, shape] as const];
  });
  const tensors = Object.entries(waveWeights(Object.fromEntries(shapes))).map(
    ([name, { data, shape }]): [string, StoredTensor] => [
      name,
      { dtype: 'F32', shape, bytes: () => new Uint8Array((data as Float32Array).slice().buffer) },
    ],
  );
  await writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors), { format: 'pt' });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}

async function logitsOf(folder: string): Promise<ArrayLike<number>> {
  const model = await openModel(folder);
  const config = classifierConfigOf(model);
  const weights = readWeights(model.checkpoint, classifierShapes(planClassifier(config)), config.architecture);
  model.checkpoint.close();
  const engine = await createEngine('onnx', { threads: 1 });
  const program = await engine.compile(classifierProgram(config, weights));
  const { logits } = await program.run({
    image: { shape: [1, 64, 96, 3], data: Float32Array.from(wave(64 * 96 * 3, 0)) },
  });
  const values = (await logits.data()).slice();
  logits.dispose();
  await program.dispose();
  return values;
}

async function configOf(folder: string, options = {}) {
  const model = await openModel(folder);
  try {
    return classifierConfigOf(model, options);
  } finally {
    model.checkpoint.close();
  }
}

for (const { config, logits: expected, name } of fixtures.cases) {
  test(`${name}: the logits are those of transformers`, async () => {
    const values = await logitsOf(await saved(name.split(',')[0], { 'config.json': config }));
    const greatest = Math.max(...expected.map(Math.abs));
    assert.is(values.length, expected.length);
    expected.forEach((value, i) => {
      assert.ok(Math.abs(values[i] - value) < 1e-4 * greatest, `logit ${i}: ${values[i]}, not ${value}`);
    });
  });
}

test('labels, stride and preparation come from the files beside the weights', async () => {
  const files = {
    'config.json': { ...resnet50.config, downsample_in_bottleneck: true },
    'preprocessor_config.json': fixtures.preprocessor,
  };
  const config = await configOf(await saved('resnet50', files));
  const { categories, ...rest } = config;
  assert.is(categories?.[6].name, 'class number 6');
  assert.equal(rest, {
    ...{ architecture: 'resnet50', stem: 'imagenet', shortcut: 'B', stride_on: '1x1', num_classes: 7 },
    ...{ image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
    ...{ interpolation: 'bicubic', crop_size: 224, crop_pct: 0.875, resize_size: 256, crop_rounding: 'down' },
  });
});

test('the first form of the processor’s file: a plain size, and a feature extractor', async () => {
  const { image_processor_type, size, ...others } = fixtures.preprocessor;
  const old = { ...others, feature_extractor_type: 'ConvNextFeatureExtractor', size: 224 };
  const files = { 'config.json': resnet18.config, 'preprocessor_config.json': old };
  const { crop_size, resize_size } = await configOf(await saved('resnet18', files));
  assert.equal([crop_size, resize_size], [224, 256]);
});

test('without config.json the tensors tell the network; without the processor’s file that is said', async () => {
  const bare = await configOf(await saved('resnet18', {}));
  assert.equal([bare.architecture, bare.num_classes, bare.categories], ['resnet18', 7, undefined]);
  const folder = await saved('resnet18', { 'config.json': resnet18.config });
  const info = await modelInfo(folder);
  assert.ok('describedBy' in info && info.task === 'classification');
  assert.is(info.describedBy, join(folder, 'config.json'));
  assert.match(`${info.notes}`, /no preprocessor_config\.json: images are prepared as torchvision does/);
});

test('the body alone, as ResNetModel and ResNetBackbone have it, is where a training begins', async () => {
  for (const [kind, names] of Object.entries(fixtures.bodies)) {
    const bodyName = (name: string) => (name.startsWith('fc.') ? undefined : theirName(name).replace(/^resnet\./, ''));
    const folder = await saved('resnet18', { 'config.json': resnet18.config }, bodyName);
    const model = await openModel(folder);
    model.checkpoint.close();
    const theirs = [...model.checkpoint.tensors.keys()].map((name) => theirName(name).replace(/^resnet\./, ''));
    assert.equal(theirs.sort(), names, kind);
    assert.is(classifierConfigOf(model, { partial: true }).architecture, 'resnet18');
    await rejects(configOf(folder), 'BAD_MODEL', /body of a ResNet without a head/);
  }
  const wrapped = await saved('resnet18', {}, (name) => `model.${theirName(name)}`);
  assert.is((await configOf(wrapped)).architecture, 'resnet18');
});

test('ImageNet’s labels get WordNet’s ids, and placeholders are no labels', async () => {
  const longer = Object.fromEntries(imagenetClasses.map(({ name }, i) => [i, `${name}, some synonym`]));
  const head = (name: string) => theirName(name);
  const folder = await saved('resnet18', { 'config.json': { ...resnet18.config, id2label: longer } }, head);
  await rejects(configOf(folder), 'BAD_CONFIG', /config\.json.*categories has 1000 entries, but num_classes is 7/);
  const model = await openModel(folder);
  model.checkpoint.close();
  assert.equal((model.description!.settings.categories as object[])[3], {
    name: `${imagenetClasses[3].name}, some synonym`,
    wnid: imagenetClasses[3].wnid,
  });
  const placeholders = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [i, `LABEL_${i}`]));
  const unnamed = await saved('resnet18', { 'config.json': { ...resnet18.config, id2label: placeholders } });
  assert.is((await configOf(unnamed)).categories, undefined);
});

test('what the network cannot be is refused by field and value', async () => {
  const refused: readonly (readonly [file: string, change: object, message: RegExp])[] = [
    ['config.json', { hidden_act: 'gelu' }, /hidden_act: must be relu.*is "gelu"/],
    ['config.json', { downsample_in_first_stage: true }, /downsample_in_first_stage: must be false.*is true/],
    ['config.json', { num_channels: 1 }, /num_channels: must be 3, is 1/],
    ['config.json', { depths: [2, 2, 3, 2] }, /depths is \[2, 2, 3, 2\], which no network of basic blocks/],
    ['config.json', { hidden_sizes: [32, 64, 128, 256] }, /hidden_sizes is \[32, 64, 128, 256\]/],
    [
      'config.json',
      { depths: [3, 4, 6, 3] },
      /depths is \[3, 4, 6, 3\], but the weights beside it have \[2, 2, 2, 2\]/,
    ],
    [
      'config.json',
      { layer_type: 'bottleneck', hidden_sizes: [256, 512, 1024, 2048] },
      /layer_type is bottleneck, but the weights beside it have basic blocks/,
    ],
    ['config.json', { embedding_size: 32 }, /embedding_size is 32/],
    ['config.json', { id2label: { 0: 'a', 2: 'c' } }, /id2label: lacks 1/],
    ['preprocessor_config.json', { resample: 0 }, /resample: must be 1 \(Lanczos\), 2 .* is 0/],
    ['preprocessor_config.json', { do_resize: false }, /do_resize: must be true/],
    ['preprocessor_config.json', { size: { height: 224, width: 224 } }, /size: must have shortest_edge/],
    ['preprocessor_config.json', { image_processor_type: 'DetrImageProcessor' }, /image processor of ConvNext, ViT/],
    [
      'preprocessor_config.json',
      { image_processor_type: 'CLIPImageProcessor', do_center_crop: false },
      /size: has shortest_edge without do_center_crop/,
    ],
    [
      'preprocessor_config.json',
      { image_processor_type: 'ViTImageProcessor', size: { height: 224, width: 192 } },
      /size: must be as high as it is wide/,
    ],
  ];
  const files: Readonly<Record<string, object>> = {
    'config.json': resnet18.config,
    'preprocessor_config.json': fixtures.preprocessor,
  };
  const folder = await saved('resnet18', files);
  for (const [file, change, message] of refused) {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), JSON.stringify(name === file ? { ...content, ...change } : content));
    }
    await rejects(configOf(folder), 'BAD_CONFIG', message);
  }
});

test('null is what the file does not say, and one mean is that of all channels', async () => {
  const { image_mean: _, ...processor } = fixtures.preprocessor;
  const nulls = { do_center_crop: null, crop_size: null, do_flip_channel_order: null, feature_extractor_type: null };
  const files = {
    'config.json': { ...resnet18.config, id2label: null, problem_type: null, num_labels: 7 },
    'preprocessor_config.json': { ...processor, ...nulls, resample: null, crop_pct: null, image_mean: 0.5 },
  };
  const { crop_pct, crop_size, image_mean, interpolation } = await configOf(await saved('resnet18', files));
  assert.equal([crop_pct, crop_size, image_mean, interpolation], [0.875, 224, [0.5, 0.5, 0.5], 'bicubic']);
});

test('that classes do not exclude each other is said', async () => {
  const config = { ...resnet18.config, problem_type: 'multi_label_classification' };
  const model = await openModel(await saved('resnet18', { 'config.json': config }));
  model.checkpoint.close();
  assert.match(`${model.description!.notes}`, /config\.json: problem_type: its classes do not exclude each other/);
});

test("timm's number of classes must be that of the weights", async () => {
  const described = { architecture: 'resnet18', num_classes: 1000, pretrained_cfg: {} };
  const folder = await saved('resnet18', { 'config.json': described }, (name) => name);
  await rejects(configOf(folder), 'BAD_CONFIG', /num_classes is 1000, but the weights beside it have 7 classes/);
});

test('a description of another model is said not to be used', async () => {
  const notes: string[] = [];
  const folder = await saved('resnet18', { 'config.json': { model_type: 'vit' } });
  const model = await openModel(folder, { onNote: (note) => notes.push(note) });
  model.checkpoint.close();
  assert.match(notes.join(), /config\.json: not used: it describes a model of the type "vit"/);
});

test.run();
