import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensorShapes } from '../../../../backbone/index.ts';
import { detectionSize, resizeBilinear } from '../../../../datasets/index.ts';
import type { DetectorConfig } from '../../../../detection/index.ts';
import { architectureOf, detectorParameters, parseDetectorConfig } from '../../../../detection/index.ts';
import { createEngine, exportOnnx } from '../../../../engine/index.ts';
import { scaledWeights } from '../../../scaled-weights.ts';
import { fixturesDir } from '../../../shared-data.ts';
import { wave, waveWeights } from '../../../waves.ts';

interface Found {
  readonly boxes: number[];
  readonly labels: number[];
  readonly scores: number[];
}
interface Case {
  readonly version: number;
  readonly scales: Record<string, number>;
  readonly config: Record<string, unknown>;
  readonly images: readonly (Found & {
    readonly height: number;
    readonly width: number;
    readonly resized: [number, number];
  })[];
  readonly batch: readonly Found[];
}
const cases: Case[] = JSON.parse(readFileSync(join(fixturesDir, 'retinanet.json'), 'utf8'));

/** A picture of `retinanet.py`, resized and normalized. */
function prepared(config: DetectorConfig, { height, width }: { readonly height: number; readonly width: number }) {
  const size = detectionSize({ height, width }, config);
  // Not of whole levels, as pixels of a file would be.
  const pixels = Float32Array.from(wave(height * width * 3, height), (value, i) => {
    const channel = i % 3;
    return (Math.fround(0.5 + 0.5 * value) - config.image_mean[channel]) / config.image_std[channel];
  });
  const loadRow = (y: number, into: Float32Array) => into.set(pixels.subarray(y * width * 3, (y + 1) * width * 3));
  return { height: size[0], width: size[1], data: resizeBilinear(loadRow, [height, width], size) };
}

function assertFound(actual: { boxes: Float32Array; labels: Int32Array; scores: Float32Array }, expected: Found): void {
  assert.equal([...actual.labels], expected.labels);
  const close = (a: number, b: number, what: string) =>
    assert.ok(Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(b)), `${what}: ${a}, not ${b}`);
  expected.scores.forEach((score, i) => {
    assert.ok(Math.abs(actual.scores[i] - score) <= 1e-3 * score, `score ${i}: ${actual.scores[i]}, not ${score}`);
  });
  expected.boxes.forEach((side, i) => {
    close(actual.boxes[i], side, `box ${i >> 2}`);
  });
}

for (const engineName of ['onnx', 'wasm'] as const) {
  for (const { batch, config, images, scales, version } of cases) {
    test(`RetinaNet, version ${version}, on ${engineName} equals torchvision, one image at a time and in a batch`, async () => {
      const parsed = parseDetectorConfig(config, 'fixture');
      const engine = await createEngine(engineName, { threads: 1 });
      const weights = scaledWeights(waveWeights(tensorShapes(detectorParameters(parsed))), scales);
      const { compile, scoreThresh } = architectureOf(parsed);
      const model = await compile(engine, parsed, weights);
      const all = images.map((image) => prepared(parsed, image));
      for (const [i, image] of images.entries()) {
        assert.equal([all[i].height, all[i].width], image.resized);
        const [found] = await model.detect([all[i]], [image], scoreThresh(parsed));
        assertFound(found, image);
      }
      const found = await model.detect(all, images, scoreThresh(parsed));
      for (const [i, expected] of batch.entries()) assertFound(found[i], expected);
      await model.dispose();
    });
  }
}

test('a higher score asked for gives the head of the list', async () => {
  const [{ config, images, scales }] = cases;
  const parsed = parseDetectorConfig(config, 'fixture');
  const weights = scaledWeights(waveWeights(tensorShapes(detectorParameters(parsed))), scales);
  const model = await architectureOf(parsed).compile(await createEngine('onnx', { threads: 1 }), parsed, weights);
  const [{ scores }] = images;
  const middle = (scores[4] + scores[5]) / 2;
  const [found] = await model.detect([prepared(parsed, images[0])], [images[0]], middle);
  assert.equal([...found.labels], images[0].labels.slice(0, 5));
  const [none] = await model.detect([prepared(parsed, images[0])], [images[0]], 1);
  assert.is(none.labels.length, 0);
  await model.dispose();
});

test('its graph is one, for other runtimes', () => {
  const parsed = parseDetectorConfig(cases[1].config, 'fixture');
  const weights = waveWeights(tensorShapes(detectorParameters(parsed)));
  const programs = architectureOf(parsed).programs(parsed, weights);
  assert.equal(
    programs.map(({ part }) => part),
    [''],
  );
  assert.ok(exportOnnx(programs[0].program).length > 1e6);
});

test.run();
