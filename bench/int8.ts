/**
 * Times quantized models beside the same models in single precision, in turns in one run. Weights are random: speed does
 * not depend on them.
 *
 * Usage: npm run bench:int8 -- [--threads N] [--only classifier|detector]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import {
  classifierParameters,
  classifierProgram,
  initialize,
  parseClassifierConfig,
  planClassifier,
} from '../backbone/index.ts';
import { compileFasterRcnn, fasterRcnnParameters, parseFasterRcnnConfig } from '../detection/index.ts';
import { Calibration, createEngine, int8Support, type PartRanges, type QuantizationConfig } from '../engine/index.ts';
import { Random } from '../io/random.ts';
import { type Contestant, contest, printResults, timed } from './contest.ts';

const { values } = parseArgs({ options: { threads: { type: 'string' }, only: { type: 'string' } } });
const threads = Number(values.threads ?? availableParallelism());
const random = new Random(0);
const uniform = (count: number) => Float32Array.from({ length: count }, () => 4 * random.uniform() - 2);
const engine = await createEngine('onnx', { threads });
const NAMES = ['single precision', 'int8'] as const;

console.log(`${threads} threads; int8 on this machine: ${int8Support().detail}`);
if (values.only !== 'detector') await benchClassifier();
if (values.only !== 'classifier') await benchDetector();

function quantization(activations: PartRanges): QuantizationConfig {
  return { method: 'minmax', calibration: { data: 'random numbers', images: 1 }, float_layers: [], activations };
}

/** From tensor to logits. */
async function benchClassifier(): Promise<void> {
  const config = parseClassifierConfig({ architecture: 'resnet50', num_classes: 1000 }, 'bench');
  const weights = initialize(classifierParameters(planClassifier(config)), random);
  const calibration = new Calibration(engine);
  const watched = await calibration.engine.compile(classifierProgram(config, weights));
  await watched.run({ image: { shape: [1, 224, 224, 3], data: uniform(224 * 224 * 3) } });
  await watched.dispose();
  const own = { ...config, quantization: quantization(calibration.ranges('minmax')) };
  const programs = [
    await engine.compile(classifierProgram(config, weights)),
    await engine.compile(classifierProgram(own, weights)),
  ];
  for (const batch of [1, 8]) {
    const image = { shape: [batch, 224, 224, 3], data: uniform(batch * 224 * 224 * 3) };
    const contestants = programs.map((program, i): Contestant => {
      const run = timed(async () => {
        const { logits } = await program.run({ image });
        await logits.data();
        logits.dispose();
      });
      return { name: NAMES[i], run };
    });
    printResults(
      `ResNet-50, batch ${batch}, 224×224, tensor to logits`,
      await contest(contestants, 4, batch > 1 ? 2 : 6),
    );
  }
  for (const program of programs) await program.dispose();
}

/** From an image in memory to boxes: 800×1066 pixels. */
async function benchDetector(): Promise<void> {
  const settings = { architecture: 'fasterrcnn', backbone: 'resnet50', num_classes: 91 };
  const config = parseFasterRcnnConfig({ ...settings, categories: [{ id: 1, name: 'person' }] }, 'bench');
  const weights = initialize(fasterRcnnParameters(config), random);
  const calibration = new Calibration(engine);
  const watched = await compileFasterRcnn(calibration.engine, config, weights);
  const small = { height: 320, width: 320 };
  await watched.detect([{ ...small, data: uniform(320 * 320 * 3) }], [small]);
  await watched.dispose();
  const own = { ...config, quantization: quantization(calibration.ranges('minmax')) };
  const size = { height: 800, width: 1066 };
  const image = { ...size, data: uniform(800 * 1066 * 3) };
  const contestants: Contestant[] = [];
  for (const [i, each] of [config, own].entries()) {
    const model = await compileFasterRcnn(engine, each, weights);
    contestants.push({ name: NAMES[i], run: timed(() => model.detect([image], [size])) });
  }
  const title = 'Faster R-CNN ResNet-50-FPN, 800×1066, image in memory to boxes';
  printResults(title, await contest(contestants, 4, 2));
}
