/**
 * Times training steps of Faster R-CNN beside torchvision: forward, sampling, backward and SGD with momentum and weight
 * decay, from images in memory.
 *
 * Usage: npm run bench:detector -- [--threads N] [--python PATH[,PATH…]]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { initialize } from '../backbone/index.ts';
import {
  DetectorTraining,
  fasterRcnnParameters,
  parseFasterRcnnConfig,
  parseTrainingSettings,
  type TrainingImage,
} from '../detection/index.ts';
import { createEngine } from '../engine/index.ts';
import { Random } from '../io/random.ts';
import { type BenchCase, contest, printResults, timed } from './contest.ts';
import { TorchPeer } from './torch-peer.ts';

const { values } = parseArgs({ options: { threads: { type: 'string' }, python: { type: 'string' } } });
const threads = Number(values.threads ?? availableParallelism());
const pythons = (values.python ?? 'python3').split(',');

interface Case extends BenchCase {
  readonly settings: object;
  readonly height: number;
  readonly width: number;
}

const OBJECTS = 8;
const cases: readonly Case[] = [
  {
    title: 'ResNet-18-FPN of 128 channels, 320×427, batch 4, from layer2 on',
    task: 'train-small-detector',
    config: { backbone: 'resnet18', fpn_out_channels: 128, min_size: 320, max_size: 533 },
    settings: {
      rpn_pre_nms_top_n_train: 1000,
      rpn_post_nms_top_n_train: 500,
      box_batch_size_per_image: 128,
    },
    batch: 4,
    height: 320,
    width: 427,
    rounds: 5,
  },
  {
    title: 'ResNet-50-FPN, 800×1066, batch 1, from layer2 on',
    task: 'train-fasterrcnn',
    config: { backbone: 'resnet50' },
    settings: {},
    batch: 1,
    height: 800,
    width: 1066,
    rounds: 3,
  },
];

const engine = await createEngine('onnx', { threads });
console.log(`${threads} threads; each ratio is to the first line's time, measured in turns in one run`);
for (const one of cases) await bench(one);

async function bench({ batch, config, height, rounds, settings, task, title, width }: Case): Promise<void> {
  const peers = (await Promise.all(pythons.map((python) => TorchPeer.start(python, threads)))).filter((peer) => !!peer);
  const random = new Random(0);
  const detector = parseFasterRcnnConfig(
    { architecture: 'fasterrcnn', num_classes: 91, categories: [], ...config },
    'bench',
  );
  const weights = initialize(fasterRcnnParameters(detector), random);
  const training = await DetectorTraining.create(engine, detector, weights, parseTrainingSettings(settings, 'bench'), {
    optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
  });
  const images = Array.from({ length: batch }, (_, i) => image(random, height, width, i));
  const choices = training.choices(random);
  const results = await contest(
    [
      { name: `resnet-coco, ${engine.device}`, run: timed(() => training.step(images, choices, 1e-3)) },
      ...peers.flatMap((peer) => peer.contestant(task)),
    ],
    rounds,
    2,
  );
  printResults(title, results);
  console.log(`  this process took at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB so far`);
  await training.dispose();
  for (const peer of peers) peer.stop();
}

/** An image of noise with random boxes. */
function image(random: Random, height: number, width: number, index: number): TrainingImage {
  const boxes = Array.from({ length: OBJECTS }, () => {
    const [x, y] = [random.uniform() * 0.6 * width, random.uniform() * 0.6 * height];
    return [x, y, x + (0.1 + 0.3 * random.uniform()) * width, y + (0.1 + 0.3 * random.uniform()) * height];
  });
  return {
    height,
    width,
    data: Float32Array.from({ length: height * width * 3 }, () => random.normal(0, 1)),
    objects: {
      boxes: Float32Array.from(boxes.flat()),
      labels: Int32Array.from(boxes, () => 1 + random.integer(90)),
    },
    file: `image ${index}`,
  };
}
