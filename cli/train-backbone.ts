import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type ClassifierConfig,
  initialConfig,
  preparationOf,
  type TrainClassifierOptions,
  type TrainingStep,
  type TrainingSummary,
  trainClassifier,
  trainingSettings,
  type Validation,
} from '../backbone/index.ts';
import { spelledPath } from '../datasets/detection/spelling.ts';
import { type ClassificationDataset, openClassificationDataset } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { type PlainPaths, type RunConfig, storedConfig } from '../training/index.ts';
import { command } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import { required } from './terminal/flags.ts';
import { ownCall } from './terminal/own-call.ts';
import { formatDuration } from './terminal/progress.ts';
import { engineOfRun } from './terminal/run-engine.ts';
import { defined } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';
import { attendTraining } from './training/attend-training.ts';
import { givenFlags } from './training/optimization-flags.ts';
import { reportFiles, withReport } from './training/report-files.ts';
import { writeTrainingCard } from './training/training-card.ts';
import { choicesOf, type TrainingFlags, trainingFlags } from './training/training-flags.ts';
import { writeRunPage } from './training/training-page.ts';
import { amount, percent, TrainingProgress } from './training/training-progress.ts';

/** The training set and the evaluation set. */
async function openDatasets({ dataset, val }: TrainingFlags): Promise<[ClassificationDataset, ClassificationDataset]> {
  const spec = required('dataset', dataset);
  if (val !== undefined) {
    const training = await openClassificationDataset(spec, isSplit(spec) ? { split: 'train' } : {});
    return [training, await openClassificationDataset(val)];
  }
  if (!isSplit(spec)) {
    const problem = `${spec}: no folders train and val in it; put the images there, or name an evaluation set: --val`;
    throw new ResnetCocoError('USAGE', `${problem} imagefolder:DIR`);
  }
  return [await openClassificationDataset(spec, { split: 'train' }), await openClassificationDataset(spec)];
}

/** Whether a data set has a training part: CIFAR has one, and so do folders with a folder `train`. */
function isSplit(spec: string): boolean {
  const [kind, folder] = [spec.slice(0, spec.indexOf(':')), spec.slice(spec.indexOf(':') + 1)];
  return kind !== 'imagefolder' || !existsSync(folder) || spelledPath(folder, 'train') !== undefined;
}

/** What a resumed run was started with: its flags, and the configuration of its initial model. */
async function storedRun(folder: string): Promise<{ flags: Partial<TrainingFlags>; config: RunConfig }> {
  const config = await storedConfig(folder, 'classifier');
  return { flags: (config.command ?? {}) as Partial<TrainingFlags>, config };
}

/** The part of the initial model's configuration that a run takes over, as stored with the run. */
function rememberedConfig(run: RunConfig): ClassifierConfig {
  const { architecture, recipe, resize_size, shortcut, stem, stride_on } = run;
  const { image_mean, image_std, size: crop_size } = recipe as Record<string, unknown>;
  const network = { architecture, stem, shortcut, stride_on };
  const config = { ...network, image_mean, image_std, crop_size, resize_size, ...preparationOf(run) };
  return config as unknown as ClassifierConfig;
}

function describe({ best, epochs, files, interrupted, seconds, steps }: TrainingSummary): string {
  const lines = [`${counted(epochs, 'epoch')} in ${formatDuration(seconds)}`];
  if (best) {
    const fifth = best.top5 === undefined ? '' : `, top-5 ${percent(best.top5)}`;
    lines.push(`best after epoch ${best.epoch}: top-1 ${percent(best.top1)}${fifth}, loss ${best.loss.toFixed(4)}`);
  }
  const outcome = interrupted
    ? `stopped after step ${steps}; resume with: ${ownCall()} train backbone --resume --out ${dirname(files.last)}`
    : `model: ${files.model}`;
  return [...lines, outcome, `curves: ${reportFiles(dirname(files.last)).page}`].join('\n');
}

const describeValidation = ({ loss, top1, top5 }: Validation): string =>
  `loss ${amount(loss)}, top-1 ${percent(top1)}${top5 === undefined ? '' : `, top-5 ${percent(top5)}`}`;

async function train(
  options: PlainPaths<TrainClassifierOptions>,
  dataset: string,
  terminal: Terminal,
): Promise<{ readonly summary: TrainingSummary; readonly problems: number }> {
  const progress = new TrainingProgress(terminal, options.settings.batch);
  const { folder, settings } = options;
  const subtitle = `${settings.architecture} on ${dataset}`;
  const measured = ({ loss, top1 }: TrainingStep) => `loss ${amount(loss)}, top-1 ${percent(top1)}`;
  const writePage = () => writeRunPage(folder, subtitle);
  return await attendTraining(terminal, progress, writePage, (news) =>
    trainClassifier({
      ...options,
      ...news,
      onStep: (step) => progress.step(step, measured(step)),
      onEpoch: async (epoch) => {
        const { isBest, validation } = epoch;
        progress.epoch(epoch, measured(epoch), validation && describeValidation(validation), isBest);
        await writePage();
      },
    }),
  );
}

export default command({
  summary: 'Train a ResNet to classify images, from scratch or from the weights of another model.',
  positionals: { usage: '', min: 0, max: 0, help: [] },
  flags: trainingFlags,
  details: [
    'By default, CIFAR is trained as in §4.2 of the ResNet paper, and image folders as torchvision trains ImageNet.',
    'The folder of the run has model.safetensors and model.md (at the end: the best weights and their card), best.safetensors and last.safetensors (checkpoints, which load as models too), training.html (curves), log.jsonl, and event files for TensorBoard.',
    'Ctrl-C saves and stops; a killed run loses the steps since its last checkpoint. --resume takes the settings from the run; on the same machine it gives the same weights to the last bit.',
  ],
  examples: [
    ['resnet-coco train backbone --arch resnet20 --dataset cifar10:cifar-10-batches-bin', ''],
    ['resnet-coco train backbone --dataset imagefolder:flowers --init resnet50 --freeze 2 --epochs 20', 'fine-tuning'],
    ['resnet-coco train backbone --resume --out runs/resnet20-cifar10', 'resume'],
  ],
  async run({ flags: given, terminal, signal }) {
    const stored = given.resume && given.out !== undefined ? await storedRun(given.out) : undefined;
    const flags: TrainingFlags = { ...given, ...stored?.flags, ...givenFlags(trainingFlags, given) };
    const [dataset, validation] = await openDatasets(flags);
    for (const note of [dataset, validation].flatMap(({ notes = [] }) => notes)) terminal.note(note);
    const { init, cache, workers } = flags;
    const base =
      init === undefined
        ? undefined
        : stored
          ? rememberedConfig(stored.config)
          : await withDownloadProgress(terminal, (onProgress, onNote) =>
              initialConfig(init, { onProgress, onNote, signal }),
            );
    const settings = trainingSettings(dataset.name, choicesOf(flags), base);
    const folder = flags.out ?? join('runs', `${settings.architecture}-${dataset.name}`);
    const options: PlainPaths<TrainClassifierOptions> = {
      engine: await engineOfRun(flags, stored?.config, terminal),
      dataset,
      validation,
      settings,
      folder,
      resume: flags.resume,
      command: givenFlags(trainingFlags, flags),
      signal,
      ...defined({ init, cache, workers, checkpointMinutes: flags['checkpoint-minutes'] }),
    };
    const { summary, problems } = await train(options, required('dataset', flags.dataset), terminal);
    if (!summary.interrupted) await writeTrainingCard(folder, summary);
    await (flags.json ? terminal.printJson(withReport(summary, folder)) : terminal.print(describe(summary)));
    return problems ? 1 : 0;
  },
});
