/**
 * Times inference beside bare onnxruntime-node on the same graph, tfjs on wasm and TensorFlow, and PyTorch, as far as
 * they are installed. Weights are random: speed does not depend on them.
 *
 * Usage: npm run bench -- [--threads N] [--python PATH[,PATH…]]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import {
  classifierParameters,
  classifierProgram,
  initialize,
  parseClassifierConfig,
  planClassifier,
} from '../backbone/index.ts';
import { compileFasterRcnn, fasterRcnnParameters, parseFasterRcnnConfig } from '../detection/index.ts';
import { createEngine, type Engine, type EngineName, exportOnnx } from '../engine/index.ts';
import { Random } from '../io/random.ts';
import { type Contestant, contest, printResults, timed } from './contest.ts';
import { TorchPeer } from './torch-peer.ts';

const { values } = parseArgs({ options: { threads: { type: 'string' }, python: { type: 'string' } } });
const threads = Number(values.threads ?? availableParallelism());
const pythons = (values.python ?? 'python3').split(',');

const random = new Random(0);
const uniform = (count: number) => Float32Array.from({ length: count }, () => random.uniform());

const peers = (await Promise.all(pythons.map((python) => TorchPeer.start(python, threads)))).filter((peer) => !!peer);
const engines: Engine[] = [];
for (const name of ['onnx', 'tfjs-node', 'wasm'] satisfies EngineName[]) {
  try {
    engines.push(await createEngine(name, { threads }));
  } catch (error) {
    console.log(`without ${name}: ${(error as Error).message}`);
  }
}
console.log(`${threads} threads; each ratio is to the first line's time, measured in turns in one run`);

await benchClassifier();
await benchDetector('fasterrcnn', 'Faster R-CNN');
await benchDetector('maskrcnn', 'Mask R-CNN', { mask_head: {} });
for (const peer of peers) peer.stop();

/** From tensor to logits. */
async function benchClassifier(): Promise<void> {
  const config = parseClassifierConfig({ architecture: 'resnet50', num_classes: 1000 }, 'bench');
  const spec = classifierProgram(config, initialize(classifierParameters(planClassifier(config)), random));
  const image = { shape: [1, 224, 224, 3], data: uniform(224 * 224 * 3) };
  const contestants: Contestant[] = [];
  for (const engine of engines) {
    const program = await engine.compile(spec);
    const run = timed(async () => {
      const { logits } = await program.run({ image });
      await logits.data();
      logits.dispose();
    });
    contestants.push({ name: `resnet-coco, ${engine.device}`, run });
  }
  const options = { intraOpNumThreads: threads, graphOptimizationLevel: 'all' } as const;
  const session = await ort.InferenceSession.create(exportOnnx(spec), options);
  const bare = timed(() => session.run({ image: new ort.Tensor('float32', image.data, image.shape) }));
  contestants.splice(1, 0, { name: 'bare onnxruntime-node, same graph', run: bare });
  contestants.push(...peers.flatMap((peer) => peer.contestant('resnet50')));
  printResults('ResNet-50, batch 1, 224×224, tensor to logits', await contest(contestants, 5, 6));
}

/**
 * From an image in memory to boxes, or to 100 boxes and masks: 800×1066 pixels, the size that the model takes. The first
 * class of a Mask R-CNN is made likely everywhere, so that there is something to segment.
 */
async function benchDetector(task: 'fasterrcnn' | 'maskrcnn', title: string, heads: object = {}): Promise<void> {
  const categories = [{ id: 1, name: 'person' }];
  const config = parseFasterRcnnConfig(
    {
      architecture: 'fasterrcnn',
      backbone: 'resnet50',
      norm_layer: 'BatchNorm2d',
      num_classes: 91,
      categories,
      ...heads,
    },
    'bench',
  );
  const weights = initialize(fasterRcnnParameters(config), random);
  if (task === 'maskrcnn') weights['roi_heads.box_predictor.cls_score.bias'].data[1] = 4;
  const model = await compileFasterRcnn(engines[0], config, weights);
  const size = { height: 800, width: 1066 };
  const image = { ...size, data: uniform(800 * 1066 * 3) };
  const run = timed(() => model.detect([image], [size]));
  const contestants = [
    { name: `resnet-coco, ${engines[0].device}`, run },
    ...peers.flatMap((peer) => peer.contestant(task)),
  ];
  printResults(`${title} ResNet-50-FPN, 800×1066, image in memory to results`, await contest(contestants, 4, 2));
}
