/**
 * Times training steps beside PyTorch and, if installed, tfjs on TensorFlow: forward, backward and SGD with momentum
 * and weight decay, from images in memory.
 *
 * Usage: npm run bench:training -- [--threads N] [--python PATH[,PATH…]]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { classificationLoss } from '../backbone/classification-loss.ts';
import { classifierParameters, initialize, parseClassifierConfig, planClassifier } from '../backbone/index.ts';
import { createEngine, type Engine, type EngineName } from '../engine/index.ts';
import { Random } from '../io/random.ts';
import { type BenchCase, type Contestant, contest, printResults, timed } from './contest.ts';
import { TorchPeer } from './torch-peer.ts';

const { values } = parseArgs({ options: { threads: { type: 'string' }, python: { type: 'string' } } });
const threads = Number(values.threads ?? availableParallelism());
const pythons = (values.python ?? 'python3').split(',');

interface Case extends BenchCase {
  readonly side: number;
}

const cases: readonly Case[] = [
  {
    title: 'ResNet-20, CIFAR, batch 128',
    task: 'train-resnet20',
    config: { architecture: 'resnet20', stem: 'cifar', shortcut: 'A', num_classes: 10 },
    batch: 128,
    side: 32,
    rounds: 8,
  },
  {
    title: 'ResNet-18, 224×224, batch 8',
    task: 'train-resnet18',
    config: { architecture: 'resnet18', num_classes: 1000 },
    batch: 8,
    side: 224,
    rounds: 5,
  },
  {
    title: 'ResNet-50, 224×224, batch 8',
    task: 'train-resnet50',
    config: { architecture: 'resnet50', num_classes: 1000 },
    batch: 8,
    side: 224,
    rounds: 4,
  },
];

const engines: Engine[] = [];
for (const name of ['onnx', 'tfjs-node'] satisfies EngineName[]) {
  try {
    engines.push(await createEngine(name, { threads }));
  } catch (error) {
    console.log(`without ${name}: ${(error as Error).message}`);
  }
}
console.log(`${threads} threads; each ratio is to the first line's time, measured in turns in one run`);
for (const one of cases) await bench(one);

/** Each case starts its own peers, so that each peer holds only one network. */
async function bench({ batch, config, rounds, side, task, title }: Case): Promise<void> {
  const peers = (await Promise.all(pythons.map((python) => TorchPeer.start(python, threads)))).filter((peer) => !!peer);
  const random = new Random(0);
  const parsed = parseClassifierConfig(config, 'bench');
  const plan = planClassifier(parsed);
  const classes = parsed.num_classes;
  const weights = initialize(classifierParameters(plan), random);
  const image = {
    shape: [batch, side, side, 3],
    data: Float32Array.from({ length: batch * side * side * 3 }, () => random.uniform()),
  };
  const target = { shape: [batch, classes], data: new Float32Array(batch * classes) };
  for (let i = 0; i < batch; i++) target.data[i * classes + random.integer(10)] = 1;
  const loss = classificationLoss(plan, weights, { batch, height: side, width: side });
  const optimizer = { kind: 'sgd', momentum: 0.9, weightDecay: 1e-4 } as const;
  const contestants: Contestant[] = [];
  const programs = [];
  for (const engine of engines) {
    const program = await engine.train(loss, { optimizer });
    programs.push(program);
    const run = timed(() => program.step({ image, target }, 0.01));
    contestants.push({ name: `resnet-coco, ${engine.device}`, run });
  }
  contestants.push(...peers.flatMap((peer) => peer.contestant(task)));
  const results = await contest(contestants, rounds, 2);
  printResults(title, results);
  console.log(`  ${results.map(({ ms }) => `${((1000 * batch) / ms).toFixed(1)} images/s`).join(', ')}`);
  console.log(`  this process took at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB so far`);
  for (const program of programs) await program.dispose();
  for (const peer of peers) peer.stop();
}
