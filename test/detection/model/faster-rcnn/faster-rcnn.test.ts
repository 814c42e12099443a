import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { detectionSize, resizeBilinear } from '../../../../datasets/index.ts';
import {
  compileFasterRcnn,
  detectorParameterCount,
  fasterRcnnShapes,
  parseFasterRcnnConfig,
} from '../../../../detection/index.ts';
import { createEngine } from '../../../../engine/index.ts';
import { fixturesDir } from '../../../shared-data.ts';
import { wave, waveWeights } from '../../../waves.ts';

interface Case {
  readonly version: number;
  readonly config: unknown;
  readonly images: {
    readonly height: number;
    readonly width: number;
    readonly resized: [number, number];
    readonly boxes: number[][];
    readonly labels: number[];
    readonly scores: number[];
  }[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'faster_rcnn.json'), 'utf8'));

for (const engineName of ['onnx', 'wasm'] as const) {
  for (const { config, images, version } of cases) {
    test(`Faster R-CNN, version ${version} of its heads, on ${engineName} equals torchvision`, async () => {
      const parsed = parseFasterRcnnConfig(config, 'fixture');
      const engine = await createEngine(engineName, { threads: 1 });
      const model = await compileFasterRcnn(engine, parsed, waveWeights(fasterRcnnShapes(parsed)));
      for (const { boxes, height, labels, resized, scores, width } of images) {
        const size = detectionSize({ height, width }, parsed);
        assert.equal([...size], resized);
        // Not of whole levels, as pixels of a file would be.
        const pixels = Float32Array.from(wave(height * width * 3, height), (value, i) => {
          const channel = i % 3;
          return (Math.fround(0.5 + 0.5 * value) - parsed.image_mean[channel]) / parsed.image_std[channel];
        });
        const loadRow = (y: number, into: Float32Array) =>
          into.set(pixels.subarray(y * width * 3, (y + 1) * width * 3));
        const data = resizeBilinear(loadRow, [height, width], size);
        const [found] = await model.detect([{ height: size[0], width: size[1], data }], [{ height, width }]);
        assert.equal([...found.labels], labels);
        found.scores.forEach((score, i) => {
          assert.ok(Math.abs(score - scores[i]) < 5e-4, `score ${i}: ${score}, not ${scores[i]}`);
        });
        boxes.flat().forEach((side, i) => {
          assert.ok(Math.abs(found.boxes[i] - side) < 0.02, `box ${i >> 2}: ${found.boxes[i]}, not ${side}`);
        });
      }
      await model.dispose();
    });
  }
}

test('parameter counts are the published ones', () => {
  const common = {
    architecture: 'fasterrcnn',
    backbone: 'resnet50',
    num_classes: 91,
    categories: [{ id: 1, name: 'a' }],
  };
  assert.is(detectorParameterCount(parseFasterRcnnConfig(common, 'test')), 41755286);
  const second = {
    ...common,
    norm_layer: 'BatchNorm2d',
    fpn_norm_layer: 'BatchNorm2d',
    rpn_conv_depth: 2,
    box_head_conv_layers: [256, 256, 256, 256],
  };
  assert.is(detectorParameterCount(parseFasterRcnnConfig(second, 'test')), 43712278);
});

test.run();
