import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensorShapes } from '../../backbone/index.ts';
import { architectureOf } from '../../detection/architectures/architectures.ts';
import { browserDetector } from '../../detection/architectures/browser-detectors.ts';
import { detectorParameters, parseDetectorConfig } from '../../detection/index.ts';
import { createEngine, exportOnnx, type HostTensor, type Program, type ProgramSpec } from '../../engine/index.ts';
import { fixturesDir } from '../shared-data.ts';
import { wave, waveWeights } from '../waves.ts';

const relatives: { kind: string; config: object }[] = JSON.parse(
  readFileSync(join(fixturesDir, 'rcnn_relatives.json'), 'utf8'),
);
const dense = {
  ...{ architecture: 'retinanet', backbone: 'resnet18', num_classes: 3, fpn_out_channels: 32 },
  categories: [1, 2].map((id) => ({ id, name: `class ${id}` })),
  ...{ min_size: 64, max_size: 96, score_thresh: 0.01 },
};
const cases: { kind: string; config: object; parts: string[] }[] = [
  ...relatives
    .filter(({ kind }) => ['mask and keypoint', 'c4', 'dc5'].includes(kind))
    .map(({ config, kind }) => ({
      ...{ kind, config },
      parts: ['proposals', 'boxes', ...(kind === 'mask and keypoint' ? ['masks', 'keypoints'] : [])],
    })),
  { kind: 'retinanet', config: dense, parts: ['model'] },
];

const image = (height: number, width: number) => ({
  ...{ height, width },
  data: Float32Array.from(wave(height * width * 3, height), (value) => 2 * value),
});

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.is(actual.length, expected.length, what);
  let scale = 1;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i] - expected[i]) <= 1e-4 * scale)) assert.is(actual[i], expected[i], `${what} ${i}`);
  }
}

for (const { config, kind, parts } of cases) {
  test(`${kind}: the exported parts compute what the engine does, at any batch and size`, async () => {
    const parsed = parseDetectorConfig(config, 'test');
    const weights = waveWeights(tensorShapes(detectorParameters(parsed)));
    const architecture = architectureOf(parsed);
    const programs = architecture.programs(parsed, weights);
    const engine = await createEngine('onnx', { threads: 1 });
    const asked: string[] = [];
    const exported = await browserDetector({ ...parsed }, async (part) => {
      asked.push(part);
      const { program } = programs.find((one) => (one.part || 'model') === part)!;
      return await checkedProgram(program, await engine.compile(readable(program)), `${kind}, ${part}`);
    });
    assert.equal(asked, parts);
    for (const images of [[image(64, 96)], [image(96, 64), image(70, 80)]]) {
      const found = await exported.detect(images, images, 0.1);
      assert.is(found.length, images.length);
      for (const { keypoints, labels, masks } of found) {
        assert.ok(labels.length > 0);
        assert.is(masks?.length, parts.includes('masks') ? labels.length : undefined);
        assert.is(keypoints?.length, parts.includes('keypoints') ? labels.length : undefined);
      }
    }
    await exported.dispose();
  });
}

/** A program whose maps are not kept on the engine's device. */
const readable = (spec: ProgramSpec): ProgramSpec => ({
  ...{ ...spec, kept: [] },
  inputs: Object.fromEntries(Object.entries(spec.inputs).map(([name, { shape }]) => [name, { shape }])),
});

/** Maps that go from part to part are `[N, C, H, W]` in exported graphs. */
function channelsLast({ data, shape }: HostTensor): HostTensor {
  const [images, channels, height, width] = shape;
  const cells = height * width;
  const moved = Float32Array.from({ length: data.length }, (_, i) => {
    const [cell, channel] = [Math.floor(i / channels) % cells, i % channels];
    return (data as Float32Array)[(Math.floor(i / channels / cells) * channels + channel) * cells + cell];
  });
  return { shape: [images, height, width, channels], data: moved };
}

/** Runs an exported graph, and holds its outputs to those of the compiled program. */
async function checkedProgram(spec: ProgramSpec, compiled: Program, what: string): Promise<Program> {
  const session = await ort.InferenceSession.create(exportOnnx(spec), { intraOpNumThreads: 1 });
  const dispose = async () => {
    await session.release();
    await compiled.dispose();
  };
  return {
    run: async (inputs) => {
      const feeds: Record<string, ort.Tensor> = {};
      const host: Record<string, HostTensor> = {};
      for (const [name, { data, shape }] of Object.entries(inputs)) {
        const values = (typeof data === 'function' ? await data() : data) as Float32Array;
        feeds[name] = new ort.Tensor('float32', values, [...shape]);
        host[name] = spec.inputs[name].kept ? channelsLast({ data: values, shape }) : { data: values, shape };
      }
      const outputs = await session.run(feeds);
      const expected = await compiled.run(host);
      assert.equal(Object.keys(outputs).sort(), Object.keys(expected).sort());
      for (const [name, tensor] of Object.entries(expected)) {
        const own = { data: outputs[name].data as Float32Array, shape: outputs[name].dims };
        const { data, shape } = spec.kept?.includes(name) ? channelsLast(own) : own;
        assert.equal([...shape], [...tensor.shape], `${what}: ${name}`);
        near(data as Float32Array, (await tensor.data()) as Float32Array, `${what}: ${name}`);
        tensor.dispose();
      }
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data, dims }]) => {
          const free = () => {};
          return [name, { shape: dims, data: async () => data as Float32Array, dispose: free, [Symbol.dispose]: free }];
        }),
      );
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

test.run();
