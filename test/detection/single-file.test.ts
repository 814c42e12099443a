import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensorShapes } from '../../backbone/index.ts';
import type { Image } from '../../datasets/index.ts';
import { architectureOf } from '../../detection/architectures/architectures.ts';
import { Detector } from '../../detection/detector.ts';
import { fileMetadata } from '../../detection/export/file-metadata.ts';
import { type Detection, detectorParameters, parseDetectorConfig } from '../../detection/index.ts';
import { compiledGraph, createEngine, encodeOnnx, exportedGraph } from '../../engine/index.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

const relatives: { kind: string; config: object }[] = JSON.parse(
  readFileSync(join(fixturesDir, 'rcnn_relatives.json'), 'utf8'),
);
const relative = (name: string, changes: object = {}) => ({
  ...relatives.find(({ kind }) => kind === name)!.config,
  ...changes,
});
const joints = relative('mask and keypoint');
const categories = [1, 2].map((id) => ({ id, name: `class ${id}` }));
const dense = {
  ...{ architecture: 'retinanet', backbone: 'resnet18', num_classes: 3, fpn_out_channels: 32, categories },
  ...{ min_size: 64, max_size: 96, score_thresh: 0.01, topk_candidates: 100, detections_per_img: 30 },
};
/** As Detectron2 has anchors, strides and least sides. */
const detectron = { anchor_rounding: false, measured_strides: false, box_min_size: 0, resize_by: 'pillow' };
const cases: Readonly<Record<string, object>> = {
  'mask and keypoint': joints,
  'more candidates than torchvision shifts': { ...joints, rpn_pre_nms_top_n_test: 1000, rpn_post_nms_top_n_test: 300 },
  'as Detectron2 has it': {
    ...{ ...joints, ...detectron, rpn_min_size: 0, roi_align_aligned: true },
    ...{ mask_paste: 'grid_sample', keypoint_scores: 'probability' },
  },
  'c4, blue first': relative('c4', { channel_order: 'bgr', image_mean: [0.4, 0.45, 0.5] }),
  'dc5, of sizes as torchvision computed them before 0.15': relative('dc5', { resize_arithmetic: 'float32' }),
  retinanet: dense,
  'retinanet, version 2, as Detectron2 has it': {
    ...{ ...dense, ...detectron, clip_boxes: 'after_nms' },
    ...{ use_P5: false, head_norm_layer: 'GroupNorm', box_loss_type: 'giou' },
  },
  'retinanet of many candidates, as MMDetection has it': {
    ...{ ...dense, resize_by: 'opencv', wh_ratio_clip: 'both', p7_relu: false, box_min_size: 1 },
    ...{ topk_candidates: 1000, score_thresh: 0.001 },
  },
};

/** An image with something to see in it. */
function picture(height: number, width: number): Image {
  const data = Uint8Array.from(wave(height * width * 3, height), (value) => 127.5 + 127 * value);
  for (let i = 0; i < data.length; i++) if (Math.floor(i / 3 / 16) % 3) data[i] = 255 - (i % 200);
  return { width, height, data };
}
/** Enlarged, shrunk by more than two, of a side that 32 bits compute otherwise, lower than a cell of the coarsest map. */
const pictures = [picture(75, 110), picture(400, 300), picture(375, 500), picture(96, 96), picture(20, 150)];

type Outputs = ort.InferenceSession.OnnxValueMapType;
const feeds = <T>(of: new (type: 'uint8', data: Uint8Array, dims: number[]) => T, { data, height, width }: Image) => ({
  image: new of('uint8', new Uint8Array(data), [height, width, 3]),
});

function numbers(outputs: Outputs, name: string, ...dims: readonly number[]): number[] {
  assert.equal([...outputs[name].dims], dims, name);
  return Array.from(outputs[name].data as ArrayLike<number | bigint>, Number);
}

function near(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.is(actual.length, expected.length, what);
  for (const [i, value] of expected.entries()) {
    if (!(Math.abs(actual[i] - value) <= 1e-3)) assert.is(actual[i], value, `${what} ${i}`);
  }
}

/** What the file gives is what `detect` gives, in that order. */
function compare(outputs: Outputs, detections: readonly Detection[], { height, width }: Image, what: string): void {
  const { length } = detections;
  const ids = detections.map(({ category_id }) => category_id);
  assert.equal(numbers(outputs, 'labels', length), ids, what);
  near(
    numbers(outputs, 'scores', length),
    detections.map(({ score }) => score),
    what,
  );
  const corners = detections.flatMap(({ bbox: [x, y, w, h] }) => [x, y, x + w, y + h]);
  near(numbers(outputs, 'boxes', length, 4), corners, what);
  if (outputs.masks) {
    assert.equal([...outputs.masks.dims], [length, height, width]);
    const expected = Buffer.concat(detections.map(({ mask }) => mask!.bitmap()));
    assert.ok(expected.equals(outputs.masks.data as Uint8Array), `masks of ${what}`);
  }
  if (outputs.keypoints) {
    const [, count] = outputs.keypoints.dims;
    near(
      numbers(outputs, 'keypoints', length, count, 3),
      detections.flatMap(({ keypoints }) => keypoints!.flat()),
      what,
    );
    const scores = detections.flatMap(({ keypoint_scores }) => keypoint_scores!);
    near(numbers(outputs, 'keypoint_scores', length, count), scores, what);
  }
}

for (const [kind, config] of Object.entries(cases)) {
  test(`${kind}: a single file finds what the detector finds, in images of any size`, async () => {
    const parsed = parseDetectorConfig(config, 'test');
    const weights = waveWeights(tensorShapes(detectorParameters(parsed)));
    const detector = await Detector.compile(await createEngine('onnx', { threads: 1 }), parsed, weights);
    const file = encodeOnnx(architectureOf(parsed).whole(parsed, weights, compiledGraph));
    const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
    let count = 0;
    for (const image of pictures) {
      const detections = await detector.detect(image, { score: detector.scoreThresh });
      const outputs = await session.run(feeds(ort.Tensor, image));
      compare(outputs, detections, image, `${kind}, ${image.height} × ${image.width}`);
      count += detections.length;
    }
    assert.ok(count > pictures.length, `${count}`);
    await session.release();
    await detector.dispose();
  });
}

test('nothing found is empty outputs of their shapes', async () => {
  const parsed = parseDetectorConfig({ ...joints, box_score_thresh: 1 }, 'test');
  const weights = waveWeights(tensorShapes(detectorParameters(parsed)));
  const file = encodeOnnx(architectureOf(parsed).whole(parsed, weights, compiledGraph));
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
  compare(await session.run(feeds(ort.Tensor, pictures[0])), [], pictures[0], 'none');
  await session.release();
});

test('a file in half precision is half as large and finds nearly the same', async () => {
  const parsed = parseDetectorConfig(joints, 'test');
  const weights = waveWeights(tensorShapes(detectorParameters(parsed)));
  const { whole } = architectureOf(parsed);
  const [single, half] = (['float32', 'float16'] as const).map((precision) =>
    encodeOnnx(whole(parsed, weights, (program) => exportedGraph(program, precision))),
  );
  assert.ok(half.length < 0.53 * single.length, `${half.length} of ${single.length}`);
  const scores = [];
  for (const file of [single, half]) {
    const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
    scores.push((await session.run(feeds(ort.Tensor, pictures[1]))).scores.data as Float32Array);
    await session.release();
  }
  assert.ok(scores[0].length);
  // Order may differ, the greatest score hardly.
  assert.ok(Math.abs(scores[0][0] - scores[1][0]) < 0.02, `${scores.map(([first]) => first)}`);
});

test('ONNX Runtime for browsers runs a single file, in either precision', async () => {
  web.env.wasm.numThreads = 1;
  const parsed = parseDetectorConfig(joints, 'test');
  const weights = waveWeights(tensorShapes(detectorParameters(parsed)));
  const { whole } = architectureOf(parsed);
  const expected = await ort.InferenceSession.create(encodeOnnx(whole(parsed, weights, compiledGraph)));
  const { labels } = await expected.run(feeds(ort.Tensor, pictures[0]));
  for (const precision of ['float32', 'float16'] as const) {
    const file = encodeOnnx(whole(parsed, weights, (program) => exportedGraph(program, precision)));
    const session = await web.InferenceSession.create(file, { executionProviders: ['wasm'] });
    const outputs = await session.run(feeds(web.Tensor, pictures[0]));
    const { length } = outputs.labels.data;
    assert.ok(Math.abs(length - labels.data.length) <= 2, `${length}, ${labels.data.length}`);
    assert.equal(outputs.masks.dims, [length, pictures[0].height, pictures[0].width]);
    assert.equal(outputs.keypoints.dims, [length, 4, 3]);
    await session.release();
  }
  await expected.release();
});

test('a file says what it is, and what its labels are called', () => {
  const other = [1, 2].map((label) => ({ id: 10 * label, label, name: `class ${label}` }));
  const parsed = parseDetectorConfig({ ...dense, categories: other }, 'test');
  const { labels, toolkit } = fileMetadata(parsed, 'RetinaNet');
  assert.equal(JSON.parse(labels), { 1: 'class 1', 2: 'class 2' });
  assert.match(toolkit, /^resnet-coco \d/);
});

test.run();
