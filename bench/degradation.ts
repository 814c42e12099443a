/**
 * The experiment of He et al. 2015 for residual learning, on CIFAR-10: a deeper plain network has the greater training
 * error, a deeper residual one the smaller (figure 6). Also compares the shortcuts A, B and C (§4.1). Trains one
 * network after the other with the same schedule, and writes docs/degradation.md with its figures. Resumes after an
 * interruption: the log of a finished network is in docs/degradation (delete it to train the network again).
 *
 * Usage: npm run bench:degradation -- --dataset cifar10:DIR [--epochs N] [--runs DIR] [--threads N]
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { trainClassifier, trainingSettings } from '../backbone/index.ts';
import { openClassificationDataset } from '../datasets/index.ts';
import { createEngine } from '../engine/index.ts';
import { makeFolder, writeWholeFile } from '../io/whole-file.ts';
import { readLog, runFiles } from '../training/index.ts';
import { degradationPage, type TrainedNet } from './degradation-page.ts';

const { values } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'cifar10:cifar10' },
    epochs: { type: 'string', default: '4' },
    runs: { type: 'string', default: 'runs/degradation' },
    threads: { type: 'string' },
  },
});
const epochs = Number(values.epochs);

/** The networks of the first figure, then those that the second adds. */
const nets = [
  { arch: 'plain20' },
  { arch: 'plain56' },
  { arch: 'resnet20', shortcut: 'A' },
  { arch: 'resnet56', shortcut: 'A' },
  { arch: 'resnet20', shortcut: 'B' },
  { arch: 'resnet20', shortcut: 'C' },
] as const;

const docs = join('docs', 'degradation');
await makeFolder(docs);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const dataset = await openClassificationDataset(values.dataset, { split: 'train' });
const validation = await openClassificationDataset(values.dataset);
const engine = await createEngine('auto', values.threads === undefined ? {} : { threads: Number(values.threads) });
const trained: TrainedNet[] = [];

for (const { arch, ...option } of nets) {
  const name = [arch, ...Object.values(option)].join('-');
  const folder = join(values.runs, name);
  const logFile = join(docs, `${name}.jsonl`);
  const resume = existsSync(runFiles(folder).last);
  if (!existsSync(logFile)) {
    const { interrupted } = await trainClassifier({
      engine,
      dataset,
      validation,
      settings: trainingSettings('cifar10', {
        arch,
        ...option,
        epochs,
        batch: 32,
        lr: 0.05,
        schedule: 'one-cycle',
        seed: 1,
      }),
      folder,
      resume,
      signal: stop.signal,
      onNote: (text) => console.log(text),
      onEpoch: ({ epoch, loss, top1, validation }) => {
        const error = (share: number) => (100 * (1 - share)).toFixed(2);
        const test = validation ? `, test error ${error(validation.top1)} %` : '';
        console.log(
          `${folder}: epoch ${epoch}/${epochs}, loss ${loss.toFixed(4)}, training error ${error(top1)} %${test}`,
        );
      },
    });
    if (interrupted) process.exit(130);
    await writeWholeFile(logFile, await readFile(runFiles(folder).log));
  }
  trained.push({ arch, ...option, log: readLog(logFile) });
}

const { figures, markdown } = degradationPage(trained, { dataset: 'CIFAR-10', epochs, device: engine.device });
for (const [name, svg] of Object.entries(figures)) await writeWholeFile(join(docs, name), svg);
await writeWholeFile(join('docs', 'degradation.md'), markdown);
console.log('docs/degradation.md');
