import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { detectionSize, resizeBilinear } from '../../../datasets/index.ts';
import { compileFasterRcnn, fasterRcnnShapes, nameDetections } from '../../../detection/index.ts';
import { parseFasterRcnnConfig } from '../../../detection/model/faster-rcnn/faster-rcnn-config.ts';
import { inferFasterRcnn } from '../../../detection/model/faster-rcnn/infer-faster-rcnn.ts';
import { createEngine } from '../../../engine/index.ts';
import { mask } from '../../../eval/index.ts';
import { fixturesDir } from '../../shared-data.ts';
import { wave, waveWeights } from '../../waves.ts';

interface Case {
  readonly kind: string;
  readonly config: Record<string, unknown>;
  readonly images: {
    readonly height: number;
    readonly width: number;
    readonly boxes: number[][];
    readonly labels: number[];
    readonly scores: number[];
    readonly masks?: string[];
    readonly keypoints?: [x: number, y: number, v: number][][];
    readonly keypoint_scores?: number[][];
  }[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'rcnn_relatives.json'), 'utf8'));

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${what} ${i}: ${actual[i]}, not ${value}`);
  });
}

for (const engineName of ['onnx', 'wasm'] as const) {
  // What differs from engine to engine has tests of its own.
  const all = engineName === 'onnx';
  for (const { config, images, kind } of cases.filter(({ kind }) => all || kind === 'mask and keypoint')) {
    test(`${kind}, ${config.norm_layer ?? 'frozen norms'}, on ${engineName} equals torch`, async () => {
      const parsed = parseFasterRcnnConfig(config, 'fixture');
      const engine = await createEngine(engineName, { threads: 1 });
      const model = await compileFasterRcnn(engine, parsed, waveWeights(fasterRcnnShapes(parsed)));
      const prepared = images.map(({ height, width }) => {
        const size = detectionSize({ height, width }, parsed);
        const pixels = Float32Array.from(wave(height * width * 3, height), (value, i) => {
          const channel = i % 3;
          return (Math.fround(0.5 + 0.5 * value) - parsed.image_mean[channel]) / parsed.image_std[channel];
        });
        const loadRow = (y: number, into: Float32Array) =>
          into.set(pixels.subarray(y * width * 3, (y + 1) * width * 3));
        return { height: size[0], width: size[1], data: resizeBilinear(loadRow, [height, width], size) };
      });
      for (const [i, { boxes, height, keypoint_scores, keypoints, labels, masks, scores, width }] of images.entries()) {
        const [found] = await model.detect([prepared[i]], [{ height, width }]);
        assert.equal([...found.labels], labels);
        near(found.scores, scores, 5e-4, 'score');
        near(found.boxes, boxes.flat(), 0.02, 'side');
        assert.is(found.masks?.length, masks?.length);
        const named = nameDetections(found, new Map());
        masks?.forEach((counts, object) => {
          const expected = { size: [height, width] as [number, number], counts };
          const ours = { size: [height, width] as [number, number], counts: named[object].mask!.counts };
          const [[iou]] = mask.iou([ours], [expected], [0]);
          assert.ok(iou > 0.995 || mask.area(expected) < 200, `mask ${object}: IoU ${iou}`);
          assert.is(
            named[object].mask!.bitmap().reduce((sum, pixel) => sum + pixel, 0),
            mask.area(ours),
          );
        });
        assert.is(found.keypoints?.length, keypoints?.length);
        keypoints?.forEach((joints, object) => {
          near(named[object].keypoints!.flat(), joints.flat(), 0.05, `joint of object ${object}`);
          near(named[object].keypoint_scores!, keypoint_scores![object], 2e-2, `joint's score of object ${object}`);
        });
      }
      await model.dispose();
    });
  }
}

test('the names and shapes of tensors tell the heads and the maps', () => {
  for (const { config } of cases) {
    const parsed = parseFasterRcnnConfig(config, 'fixture');
    const shapes = new Map(Object.entries(fasterRcnnShapes(parsed)));
    if (parsed.norm_layer === 'BatchNorm2d') shapes.set('backbone.body.bn1.num_batches_tracked', []);
    const inferred = inferFasterRcnn(shapes, 'fixture');
    for (const field of ['backbone', 'feature_maps', 'mask_head', 'keypoint_head', 'box_head_conv_layers'] as const) {
      assert.equal(inferred[field], parsed[field], field);
    }
    assert.equal(
      fasterRcnnShapes({ ...inferred, aspect_ratios: parsed.aspect_ratios, anchor_sizes: parsed.anchor_sizes }),
      fasterRcnnShapes(parsed),
    );
  }
});

test.run();
