import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initialConfig } from '../../backbone/training/start-weights.ts';
import { openCheckpoint, writeSafetensors } from '../../checkpoints/index.ts';
import type { Image } from '../../datasets/index.ts';
import { detectorStart } from '../../detection/index.ts';
import { quantizationCard } from '../../detection/quantization/quantization-card.ts';
import { convertModel, exportModel, loadClassifier, loadDetector, modelInfo, quantizeModel } from '../../index.ts';
import { rejects } from '../rejects.ts';
import { waveCheckpoint, waveDetector } from '../wave-models.ts';
import { wave } from '../waves.ts';

const test = suite('quantizing models');
const folder = mkdtempSync(join(tmpdir(), 'quantize-'));
test.after(() => rmSync(folder, { recursive: true }));

const image = (phase: number, width = 40, height = 32): Image => ({
  ...{ width, height },
  data: Uint8Array.from(wave(width * height * 3, phase), (value) => 128 + 127 * value),
});
const images = [image(1), image(2), image(3)];

async function stored(name: string, { config, tensors }: ReturnType<typeof waveCheckpoint | typeof waveDetector>) {
  const file = join(folder, `${name}.safetensors`);
  await writeSafetensors(file, tensors, { format: 'resnet-coco', config: JSON.stringify(config) });
  return file;
}

const float = await stored('float', waveCheckpoint({ architecture: 'resnet20', num_classes: 3 }));
const int8 = join(folder, 'int8.safetensors');
const quantized = await quantizeModel(float, int8, { calibrate: images, calibrationName: 'waves', threads: 1 });

async function logitsOf(file: string, engine: 'onnx' | 'wasm' = 'onnx'): Promise<number[]> {
  const classifier = await loadClassifier(file, { engine, threads: 1 });
  const rows: number[] = [];
  for await (const { logits } of classifier.logitsAll([images[0]])) rows.push(...(logits ?? []));
  await classifier.dispose();
  return rows;
}

const categories = [{ id: 1, name: 'a' }];
const detectors = {
  pyramid: {
    ...{ architecture: 'fasterrcnn', backbone: 'resnet18', fpn_out_channels: 16, representation_size: 32 },
    rpn_post_nms_top_n_test: 20,
    mask_head: { conv_layers: [16], predictor_channels: 16 },
    keypoint_head: { conv_layers: [16], num_keypoints: 3 },
  },
  c4: { architecture: 'fasterrcnn', backbone: 'resnet18', feature_maps: 'c4', rpn_post_nms_top_n_test: 10 },
  retinanet: { architecture: 'retinanet', backbone: 'resnet18', fpn_out_channels: 16 },
};

const near = (a: readonly number[], b: readonly number[], share: number) => {
  const most = Math.max(...a.map(Math.abs));
  assert.ok(a.length && a.every((value, i) => Math.abs(value - b[i]) < share * most), `${a} and ${b}`);
};

test('a quantized model is a quarter of the size and answers nearly the same', async () => {
  assert.is(quantized.images, 3);
  assert.is(quantized.quantizedLayers, 20);
  assert.equal(quantized.floatLayers, []);
  assert.ok(quantized.milliseconds.after > 0);
  assert.is(quantized.bytes.after, statSync(int8).size);
  assert.ok(quantized.bytes.after < 0.35 * quantized.bytes.before, JSON.stringify(quantized.bytes));
  near(await logitsOf(float), await logitsOf(int8), 0.1);
  assert.not.equal(await logitsOf(float), await logitsOf(int8));
});

test('engines without eight bits compute in single precision with the same weights', async () => {
  near(await logitsOf(int8, 'wasm'), await logitsOf(int8), 0.1);
});

test('models info says what types the tensors have, and how the model was quantized', async () => {
  const info = await modelInfo(int8);
  assert.equal('dtypes' in info && info.dtypes.I8, 20);
  const { quantization } = info.config as { quantization: { method: string; calibration: object } };
  assert.is(quantization.method, 'minmax');
  assert.equal(quantization.calibration, { data: 'waves', images: 3 });
});

test('an exported file keeps the eight bits, and half precision of them is refused', async () => {
  const [{ bytes }] = await exportModel(int8);
  assert.ok(Buffer.from(bytes).includes('QuantizeLinear'));
  const [{ bytes: whole }] = await exportModel(float);
  assert.ok(bytes.length < 0.6 * whole.length, `${bytes.length} of ${whole.length}`);
  await rejects(exportModel(int8, { precision: 'float16' }), 'USAGE', /quantized to eight bits/);
});

test('training, conversion and quantization of a quantized model are refused', async () => {
  const remedy = /int8\.safetensors: is quantized to eight bits \(int8\): .*use the model from before/;
  await rejects(initialConfig(int8), 'BAD_MODEL', remedy);
  await rejects(detectorStart(int8), 'BAD_MODEL', remedy);
  await rejects(convertModel(int8, join(folder, 'again.safetensors')), 'BAD_MODEL', remedy);
  await rejects(quantizeModel(int8, join(folder, 'again.safetensors'), { calibrate: images }), 'BAD_MODEL', remedy);
  assert.is(existsSync(join(folder, 'again.safetensors')), false);
});

test('a broken image is told and stops nothing; without any image there are no ranges', async () => {
  const broken = join(folder, 'broken.jpg');
  writeFileSync(broken, 'no image');
  const told: string[] = [];
  const to = join(folder, 'partly.safetensors');
  const { images: used } = await quantizeModel(float, to, {
    ...{ calibrate: [broken, images[0]], threads: 1 },
    onImage: ({ error, file }) => told.push(`${file} ${error?.code}`),
  });
  assert.is(used, 1);
  assert.equal(told[0], `${broken} BAD_IMAGE`);
  const none = join(folder, 'none.safetensors');
  await rejects(quantizeModel(float, none, { calibrate: [broken] }), 'USAGE', /none of its images could be read/);
  await rejects(quantizeModel(float, none, { calibrate: [] }), 'USAGE', /none of its images could be read/);
  assert.is(existsSync(none), false);
});

test('scores are measured before and after, and a limit that nothing holds is refused', async () => {
  const scores = [70, 69.8];
  const to = join(folder, 'measured.safetensors');
  const options = { calibrate: images, threads: 1 };
  const measured = await quantizeModel(float, to, { ...options, evaluate: async () => ({ 'top-1': scores.shift()! }) });
  assert.equal(measured.scores, { before: { 'top-1': 70 }, after: { 'top-1': 69.8 } });
  assert.ok(Math.abs(measured.loss! - 0.2) < 1e-9);
  const card = quantizationCard(measured, {
    ...{ from: 'float.safetensors', calibration: { data: 'waves', images: 3 }, machine: 'test' },
    evaluation: 'imagefolder:x',
  });
  for (const words of ['# measured', 'imagefolder:x', '69.80, before 70.00', '0.20', 'waves: 3 images']) {
    assert.ok(card.includes(words), `${words} in ${card}`);
  }
  const rising = [70, ...Array(20).fill(10)];
  const never = { ...options, maxLoss: 0.5, evaluate: async () => ({ 'top-1': rising.shift()! }) };
  await rejects(quantizeModel(float, join(folder, 'x'), never), 'BAD_MODEL', /losing more than 0\.5 points/);
  await rejects(quantizeModel(float, to, { ...options, maxLoss: 1 }), 'USAGE', /maxLoss needs `evaluate`/);
  await rejects(quantizeModel(float, to, { ...options, maxLoss: -1 }), 'USAGE', /from 0 to 100, is -1/);
});

test('the layers that lose most stay in single precision', async () => {
  const scores = [70, 60, 60, 69.9, 69.9];
  const to = join(folder, 'mixed.safetensors');
  const mixed = await quantizeModel(float, to, {
    ...{ calibrate: images, threads: 1, maxLoss: 0.5 },
    evaluate: async () => ({ 'top-1': scores.shift()! }),
  });
  assert.is(mixed.floatLayers.length, 2);
  const { tensors } = await openCheckpoint(to);
  for (const layer of mixed.floatLayers) assert.is(tensors.get(`${layer}.weight`)?.dtype, 'F32', layer);
  assert.is([...tensors.values()].filter(({ dtype }) => dtype === 'I8').length, 18);
  near(await logitsOf(float), await logitsOf(to), 0.1);
});

/** The quantized model with some of its bytes changed. */
async function damaged(edit: (text: string) => string): Promise<string> {
  const file = join(folder, 'damaged.safetensors');
  writeFileSync(file, edit(readFileSync(int8, 'latin1')), 'latin1');
  return file;
}

test('a head for which nothing was found computes in single precision, and is named', async () => {
  const settings = { ...detectors.pyramid, min_size: 64, max_size: 96, box_score_thresh: 1 };
  const file = await stored('blind', waveDetector({ ...settings, num_classes: 2, categories }));
  const to = join(folder, 'blind-int8.safetensors');
  const result = await quantizeModel(file, to, { calibrate: [image(5, 64, 64)], threads: 1 });
  assert.equal(result.floatParts, ['masks', 'keypoints']);
  const detector = await loadDetector(to, { threads: 1 });
  await detector.detect(image(6, 64, 64), { score: 0 });
  await detector.dispose();
});

test('damage to scales and ranges is told by name', async () => {
  const { metadata, tensors } = await openCheckpoint(int8);
  const without = new Map(tensors);
  without.delete('conv1.weight_scale');
  const file = join(folder, 'lacking.safetensors');
  await writeSafetensors(file, without, metadata);
  await rejects(
    loadClassifier(file),
    'BAD_MODEL',
    /conv1\.weight_scale: is missing, but conv1\.weight is in eight bits/,
  );
  const zeros = { dtype: 'F32', shape: [16], bytes: () => new Uint8Array(64) } as const;
  await writeSafetensors(file, new Map([...tensors, ['conv1.weight_scale', zeros]]), metadata);
  await rejects(loadClassifier(file), 'BAD_MODEL', /conv1\.weight_scale: has the scale 0, which is not a positive/);
  const renamed = await damaged((text) => text.replace('layer1.0.conv1+relu', 'layer1.0.conv1+rely'));
  await rejects(loadClassifier(renamed), 'BAD_CONFIG', /quantization: activations: layer1\.0\.conv1\+relu is missing/);
  const method = await damaged((text) => text.replace('\\"minmax\\"', '\\"minmix\\"'));
  await rejects(loadClassifier(method), 'BAD_CONFIG', /quantization\.method: must be/);
});

test('int8 weights of other files are refused as before', async () => {
  const { tensors } = await openCheckpoint(int8);
  const file = join(folder, 'foreign.safetensors');
  await writeSafetensors(file, new Map([...tensors].filter(([name]) => !name.endsWith('_scale'))));
  await rejects(loadClassifier(file, { arch: 'resnet20' }), 'BAD_MODEL', /has the type I8/);
});

for (const [name, settings] of Object.entries(detectors)) {
  test(`${name}: all parts are quantized, each with its own ranges`, async () => {
    const sizes = { min_size: 64, max_size: 96 };
    const file = await stored(name, waveDetector({ ...settings, ...sizes, num_classes: 2, categories }));
    const to = join(folder, `${name}-int8.safetensors`);
    const photos = [image(5, 96, 64), image(6, 64, 64)];
    const { floatLayers, quantizedLayers } = await quantizeModel(file, to, { calibrate: photos, threads: 1 });
    assert.equal(floatLayers, []);
    assert.ok(quantizedLayers > 20);
    const detector = await loadDetector(to, { threads: 1 });
    const parts = Object.keys(detector.config.quantization!.activations);
    assert.equal(
      parts,
      { pyramid: ['proposals', 'boxes', 'masks', 'keypoints'], c4: ['proposals', 'boxes'] }[name] ?? ['model'],
    );
    const objects = await detector.detect(photos[0], { score: 0 });
    assert.ok(objects.length > 0);
    if (name === 'pyramid') assert.ok(objects.every(({ keypoints, mask }) => keypoints?.length === 3 && mask));
    await detector.dispose();
    const graphs = await exportModel(to);
    for (const { bytes, part } of graphs) assert.ok(Buffer.from(bytes).includes('QuantizeLinear'), part);
  });
}

test.run();
