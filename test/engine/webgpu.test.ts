import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFasterRcnn, fasterRcnnShapes, parseFasterRcnnConfig } from '../../detection/index.ts';
import { createEngine, type EngineName } from '../../engine/index.ts';
import { fixturesDir } from '../shared-data.ts';
import { hasSwiftshader, SWIFTSHADER } from '../swiftshader.ts';
import { wave, waveWeights } from '../waves.ts';

const hasGpu = process.env.VK_ICD_FILENAMES !== undefined || hasSwiftshader;
process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;

(hasGpu ? test : test.skip)('webgpu finds what the CPU finds', async () => {
  const [{ config }] = JSON.parse(readFileSync(join(fixturesDir, 'faster_rcnn.json'), 'utf8'));
  const parsed = parseFasterRcnnConfig(config, 'fixture');
  const weights = waveWeights(fasterRcnnShapes(parsed));
  const image = { height: 96, width: 128, data: Float32Array.from(wave(96 * 128 * 3, 1)) };
  const detect = async (name: EngineName) => {
    const model = await compileFasterRcnn(await createEngine(name), parsed, weights);
    const [found] = await model.detect([image], [image]);
    await model.dispose();
    return found;
  };
  const [gpu, cpu] = [await detect('webgpu'), await detect('onnx')];
  assert.ok(cpu.labels.length > 5);
  assert.equal([...gpu.labels], [...cpu.labels]);
  gpu.scores.forEach((score, i) => {
    assert.ok(Math.abs(score - cpu.scores[i]) < 1e-3, `score ${i}: ${score}, not ${cpu.scores[i]}`);
  });
});

test.run();
