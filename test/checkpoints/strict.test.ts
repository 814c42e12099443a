import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startWeights } from '../../backbone/training/start-weights.ts';
import { openCheckpoint, openModel, type StoredTensor, writeSafetensors } from '../../checkpoints/index.ts';
import { convertModel, loadClassifier, loadDetector, loadModel, modelInfo, ResnetCocoError } from '../../index.ts';
import { floatToHalf } from '../../io/half-floats.ts';
import { waveCheckpoint, waveDetector } from '../wave-models.ts';

const test = suite('strict loading');
const folder = mkdtempSync(join(tmpdir(), 'strict-'));
test.after(() => rmSync(folder, { recursive: true }));

type Tensors = ReadonlyMap<string, StoredTensor>;

const { tensors: small } = waveCheckpoint({ architecture: 'resnet8', num_classes: 3 });
const { tensors: resnet18 } = waveCheckpoint({ architecture: 'resnet18', num_classes: 5 });
const detector = waveDetector({
  architecture: 'fasterrcnn',
  backbone: 'resnet18',
  fpn_out_channels: 16,
  representation_size: 16,
  num_classes: 3,
  categories: [],
}).tensors;

async function written(name: string, tensors: Tensors): Promise<string> {
  const file = join(folder, name);
  await writeSafetensors(file, tensors);
  return file;
}

const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

function tensorOf(shape: readonly number[], value = 0): StoredTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { dtype: 'F32', shape, bytes: () => new Uint8Array(new Float32Array(count).fill(value).buffer) };
}

const beside = (tensors: Tensors, ...names: string[]): Tensors =>
  new Map([...tensors, ...names.map((name) => [name, tensorOf(name.includes('.') ? [4] : [])] as const)]);

/** The message of the error that a call ends with. */
async function messageOf(call: Promise<unknown>, code = 'BAD_MODEL'): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    assert.is(error.code, code, error.message);
    return error.message;
  }
  throw new Error('it loaded');
}

async function notesOf(file: string): Promise<string[]> {
  const notes: string[] = [];
  const model = await openModel(file, { onNote: (note) => notes.push(note) });
  model.checkpoint.close();
  return notes;
}

test('a prefix common to all names is stripped and said, whatever it is', async () => {
  for (const prefix of [
    'module.',
    '_orig_mod.',
    'model.',
    'backbone.',
    'net.',
    'encoder.',
    'a.b_c.1.',
    'module.model.',
  ]) {
    const file = await written(
      'prefix.safetensors',
      renamed(small, (name) => prefix + name),
    );
    const checkpoint = await openCheckpoint(file);
    assert.is(checkpoint.prefix, prefix);
    assert.equal([...checkpoint.tensors.keys()].sort(), [...small.keys()].sort());
    checkpoint.close();
    const [note] = await notesOf(file);
    assert.ok(note.includes(`'${prefix}'`), note);
  }
  for (const prefix of ['module.', 'model.', 'backbone.', 'detector.']) {
    const file = await written(
      'prefix.safetensors',
      renamed(detector, (name) => prefix + name),
    );
    const info = await modelInfo(file);
    assert.ok('prefix' in info && info.prefix === prefix && info.task === 'detection' && info.problem === undefined);
  }
});

test('a name of a million parts takes no time', async () => {
  const before = process.cpuUsage();
  const long = await written('long.safetensors', new Map([[`${'a.'.repeat(1e6)}conv1.weight`, tensorOf([1])]]));
  (await openCheckpoint(long)).close();
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 2e6, `${(user + system) / 1000} ms`);
});

test('names that have no prefix in common are left alone', async () => {
  for (const tensors of [small, detector]) {
    const checkpoint = await openCheckpoint(await written('none.safetensors', tensors));
    assert.is(checkpoint.prefix, '');
    checkpoint.close();
  }
  const partly = renamed(small, (name) => (name.startsWith('linear') ? name : `backbone.${name}`));
  const message = await messageOf(loadClassifier(await written('partly.safetensors', partly)));
  assert.match(message, /'backbone\.'.*linear\.weight/);
});

test('what training leaves beside the weights defeats neither prefix nor loading, and is said with counts', async () => {
  const aside = [
    'n_averaged',
    'epoch',
    'optimizer.state.0.exp_avg',
    'optimizer.state.1.exp_avg',
    'optimiser.state.0',
    'criterion.weight',
  ];
  const tensors = beside(
    renamed(small, (name) => `model.${name}`),
    'ema.conv1.weight',
    'model.bn1.num_batches_tracked',
    ...aside,
  );
  const file = await written('beside.safetensors', tensors);
  await (await loadClassifier(file, { threads: 1 })).dispose();
  const [note] = await notesOf(file);
  for (const said of [
    /'model\.'/,
    /num_batches_tracked \(1 tensor\)/,
    /optimizer \(2 tensors\)/,
    /n_averaged/,
    /epoch/,
    /criterion/,
    /ema/,
  ])
    assert.match(note, said);
  const converted = join(folder, 'beside-converted.safetensors');
  await convertModel(file, converted);
  const checkpoint = await openCheckpoint(converted);
  assert.equal([...checkpoint.tensors.keys()].sort(), [...small.keys(), 'bn1.num_batches_tracked'].sort());
  checkpoint.close();
});

test('tensors that nobody uses are refused, named and counted', async () => {
  const se = beside(
    resnet18,
    ...['fc1', 'fc2'].flatMap((fc) => ['0', '1'].map((i) => `layer1.${i}.se_module.${fc}.weight`)),
  );
  const file = await written('se.safetensors', se);
  for (const attempt of [() => loadClassifier(file), () => convertModel(file, join(folder, 'x.safetensors'))]) {
    assert.match(await messageOf(attempt()), /another attention.*layer1\.0\.se_module\.fc1\.weight.*and 1 more/);
  }
  const odd = await written('odd.safetensors', beside(small, 'layer1.0.gate.weight', 'extra.bias'));
  assert.match(await messageOf(loadClassifier(odd)), /2 tensors that resnet8 does not use: .*gate\.weight/);
  const info = await modelInfo(odd);
  assert.ok('problem' in info && /2 tensors/.test(info.problem ?? ''));
  const more = await written('more.safetensors', beside(detector, 'roi_heads.second_head.weight'));
  assert.match(await messageOf(loadDetector(more)), /1 tensor that .* does not use: roi_heads\.second_head/);
  const masks = await written('masks.safetensors', beside(detector, 'roi_heads.mask_head.mask_fcn1.weight'));
  assert.match((await notesOf(masks))[0], /roi_heads\.mask_head \(1 tensor\)/);
  await (await loadDetector(masks, { threads: 1 })).dispose();
});

test('an architecture that is not known is named, with those that are', async () => {
  const config = { architecture: 'deformable_detr', backbone: 'resnet18', num_classes: 3, categories: [] };
  const file = join(folder, 'deformable_detr.safetensors');
  await writeSafetensors(file, detector, { format: 'resnet-coco', config: JSON.stringify(config) });
  for (const load of [loadClassifier, loadDetector, loadModel]) {
    const message = await messageOf(load(file), 'BAD_CONFIG');
    assert.match(message, /deformable_detr\.safetensors: config: architecture: .*"deformable_detr"/);
    assert.match(message, /fasterrcnn/);
  }
  const classifier = join(folder, 'named.safetensors');
  const named = { architecture: 'resnet18', num_classes: 1000 };
  await writeSafetensors(classifier, resnet18, { format: 'resnet-coco', config: JSON.stringify(named) });
  assert.match(await messageOf(loadDetector(classifier)), /not a detector but a classifier/);
});

test('a detector, a classifier and a body without a head are told from one another', async () => {
  const file = await written('detector.safetensors', detector);
  assert.match(await messageOf(loadClassifier(file)), /a detector, not a classifier; use it with detect/);
  assert.match(
    await messageOf(loadDetector(await written('c.safetensors', resnet18))),
    /a classifier; use it with classify/,
  );
  const isBody = (name: string) => name.startsWith('backbone.body.');
  const body = new Map([...detector].filter(([name]) => isBody(name)));
  assert.match(await messageOf(loadClassifier(await written('body.safetensors', body))), /without a head.*--init/);
});

test('a training may begin from a part, and says what it takes and what not', async () => {
  const body = new Map([...small].filter(([name]) => !name.startsWith('linear')));
  const parameters = [...small].map(([name, { shape }]) => ({ name, shape, init: () => 0, trained: true }));
  const file = await written('part.safetensors', beside(body, 'head.mlp.weight', 'epoch'));
  const { note = '' } = await startWeights(parameters, 1, file);
  assert.match(note, new RegExp(`begins with ${body.size} of ${small.size} tensors of .*new are linear\\.bias`));
  assert.match(note, /1 of its tensors are not used: head\.mlp\.weight/);
});

test('other frameworks are called by their names, with three names that tell', async () => {
  const cases: [string[], RegExp][] = [
    [
      [
        'resnet.embedder.embedder.convolution.weight',
        'resnet.encoder.stages.0.layers.0.layer.0.convolution.weight',
        'classifier.1.weight',
      ],
      /Hugging Face.*resnet\.embedder/,
    ],
    [
      [
        'backbone.bottom_up.stem.conv1.weight',
        'proposal_generator.rpn_head.conv.weight',
        'roi_heads.box_predictor.0.cls_score.weight',
        'roi_heads.box_predictor.1.cls_score.weight',
      ],
      /Detectron2 with the heads of a Cascade R-CNN.*box_predictor\.0.*box_predictor\.1/,
    ],
    [
      [
        'backbone.conv1.weight',
        'neck.lateral_convs.0.conv.weight',
        'roi_head.bbox_head.0.fc_cls.weight',
        'roi_head.bbox_head.1.fc_cls.weight',
      ],
      /MMDetection with heads one after another.*bbox_head\.0.*bbox_head\.1/,
    ],
    [['model.0.conv.weight', 'model.0.bn.weight', 'model.22.cv2.0.0.conv.weight'], /YOLO.*model\.0\.conv\.weight/],
    [
      [
        'transformer.encoder.layers.0.linear1.weight',
        'class_embed.weight',
        'query_embed.weight',
        'backbone.0.body.conv1.weight',
      ],
      /DETR.*class_embed/,
    ],
    [
      ['module.encoder_q.conv1.weight', 'module.encoder_q.layer1.0.conv1.weight', 'module.encoder_k.conv1.weight'],
      /self-supervised.*encoder_q/,
    ],
  ];
  for (const [names, pattern] of cases) {
    const file = await written('foreign.safetensors', new Map(names.map((name) => [name, tensorOf([4, 4])])));
    const attempts = [
      () => loadClassifier(file),
      () => loadDetector(file),
      () => convertModel(file, join(folder, 'x.safetensors')),
    ];
    for (const attempt of attempts) assert.match(await messageOf(attempt()), pattern);
  }
  const deep = new Map([...resnet18].filter(([name]) => name !== 'conv1.weight'));
  const stem = beside(deep, 'conv1.0.weight', 'conv1.1.weight', 'conv1.3.weight');
  assert.match(
    await messageOf(loadClassifier(await written('d.safetensors', stem))),
    /lacks tensors of resnet18: conv1\.weight/,
  );
});

test('NaN, infinite numbers and negative variances are refused, in every type, with tensor and count', async () => {
  const spoilt = (
    name: string,
    change: (floats: Float32Array) => void,
    dtype: 'F32' | 'F16' | 'BF16' = 'F32',
  ): Tensors => {
    const { bytes, shape } = small.get(name)!;
    const floats = new Float32Array(bytes().buffer);
    change(floats);
    const words = new Uint32Array(floats.buffer);
    const stored = { F32: floats, F16: floatToHalf(floats), BF16: Uint16Array.from(words, (word) => word >>> 16) }[
      dtype
    ];
    return new Map([...small, [name, { dtype, shape, bytes: () => new Uint8Array(stored.slice().buffer) }]]);
  };
  const cases: [Tensors, RegExp][] = [
    [
      spoilt('conv1.weight', (floats) => floats.fill(Number.NaN, 3, 5)),
      /conv1\.weight: 2 of its 432 numbers are NaN or infinite/,
    ],
    [spoilt('linear.bias', (floats) => floats.fill(-Infinity)), /linear\.bias: 3 of its 3/],
    [spoilt('linear.bias', (floats) => floats.fill(Number.NaN, 1), 'F16'), /linear\.bias: 2 of its 3/],
    [spoilt('linear.bias', (floats) => floats.fill(Infinity, 2), 'BF16'), /linear\.bias: 1 of its 3/],
    [
      spoilt('bn1.running_var', (floats) => floats.fill(-1e-3, 0, 2)),
      /bn1\.running_var: 2 of its 16 variances are negative/,
    ],
  ];
  for (const [i, [tensors, pattern]] of cases.entries()) {
    const file = await written(`spoilt-${i}.safetensors`, tensors);
    const target = join(folder, 'spoilt-converted.safetensors');
    const attempts = [
      () => loadClassifier(file),
      () => convertModel(file, target),
      () => convertModel(file, target, { half: true }),
    ];
    for (const attempt of attempts) assert.match(await messageOf(attempt()), pattern);
    assert.not.ok(existsSync(target), 'nothing is written');
  }
  const large = await written(
    'large.safetensors',
    spoilt('linear.bias', (floats) => floats.fill(1e5, 1)),
  );
  await (await loadClassifier(large, { threads: 1 })).dispose();
  const halved = messageOf(convertModel(large, join(folder, 'h.safetensors'), { half: true }));
  assert.match(await halved, /linear\.bias: 2 of its 3 numbers exceed 65504.*`half`/);
});

test.run();
