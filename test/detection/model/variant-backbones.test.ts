import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureFromShapes, tensorShapes } from '../../../backbone/index.ts';
import { fixedNorm, parametersOf } from '../../../backbone/layers.ts';
import { detectorParameters, parseDetectorConfig } from '../../../detection/architectures/architectures.ts';
import { inferFasterRcnn } from '../../../detection/model/faster-rcnn/infer-faster-rcnn.ts';
import { resnetMap, resnetPyramid } from '../../../detection/model/feature-extractor.ts';
import { createEngine } from '../../../engine/index.ts';
import type { Tensors } from '../../../engine/ops/index.ts';
import { fixturesDir } from '../../shared-data.ts';
import { wave, waveWeights } from '../../waves.ts';

const test = suite('backbones of detectors that are variants of the ResNet');

interface Case {
  readonly backbone: string;
  readonly maps: 'fpn' | 'dc5';
  readonly height: number;
  readonly width: number;
  readonly expected: readonly { readonly shape: readonly number[]; readonly numbers: readonly number[] }[];
}
const cases: readonly Case[] = JSON.parse(readFileSync(join(fixturesDir, 'variant_backbones.json'), 'utf8'));

for (const { backbone, expected, height, maps, width } of cases) {
  test(`${backbone}, ${maps}: the maps that torch gives`, async () => {
    const body = { backbone, stride_on: '3x3', norm_layer: 'BatchNorm2d' } as const;
    const extractor =
      maps === 'fpn' ? resnetPyramid({ ...body, fpn_out_channels: 16, fpn_norm_layer: null }) : resnetMap(body, 'dc5');
    const shapes = tensorShapes(extractor.parameters);
    assert.is(architectureFromShapes(new Map(Object.entries(shapes)), 'backbone.body.'), backbone);
    const norms = { body: fixedNorm(), heads: fixedNorm() };
    const engine = await createEngine('onnx', { threads: 1 });
    const program = await engine.compile({
      name: backbone,
      weights: waveWeights(shapes),
      inputs: { image: { shape: ['N', 'H', 'W', 3] } },
      model: (tensors: Tensors, { image }: Tensors) =>
        Object.fromEntries(
          extractor.forward(parametersOf(tensors), image as tf.Tensor4D, norms).map((map, i) => [`map${i}`, map]),
        ),
    });
    const data = Float32Array.from(wave(height * width * 3, 0));
    const outputs = await program.run({ image: { shape: [1, height, width, 3], data } });
    assert.is(Object.keys(outputs).length, expected.length);
    for (const [i, { numbers, shape }] of expected.entries()) {
      const map = outputs[`map${i}`];
      assert.equal([...map.shape], shape);
      const values = await map.data();
      const step = Math.max(1, Math.floor(values.length / 12));
      const greatest = Math.max(...numbers.map(Math.abs));
      numbers.forEach((value, k) => {
        const actual = values[k * step];
        assert.ok(Math.abs(actual - value) < 1e-4 * greatest, `map ${i}, ${k * step}: ${actual}, not ${value}`);
      });
      map.dispose();
    }
    await program.dispose();
  });
}

test('the tensors of a Faster R-CNN tell its backbone, whichever it is', () => {
  for (const backbone of ['resnext101_32x8d', 'wide_resnet50_2', 'resnet50d', 'ecaresnet50t', 'seresnext50_32x4d']) {
    for (const feature_maps of ['fpn', 'dc5', 'c4']) {
      const categories = [{ id: 1, name: 'class 1' }];
      const config = { architecture: 'fasterrcnn', backbone, feature_maps, num_classes: 2, categories };
      const parameters = detectorParameters(parseDetectorConfig(config, 'test'));
      const inferred = inferFasterRcnn(new Map(Object.entries(tensorShapes(parameters))), 'test');
      assert.is(inferred.backbone, backbone);
      assert.is(inferred.feature_maps, feature_maps);
    }
  }
});

test.run();
