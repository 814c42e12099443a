import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type ClassifierConfig,
  initialConfig,
  preparationOf,
  type TrainClassifierOptions,
  type TrainingSettings,
  type TrainingStep,
  type TrainingSummary,
  trainClassifier,
  trainingSettings,
  type Validation,
} from '../backbone/index.ts';
import { holdOutImages } from '../datasets/classification/hold-out-images.ts';
import { spelledPath } from '../datasets/detection/spelling.ts';
import { type ClassificationDataset, openClassificationDataset } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { writeWholeFile } from '../io/whole-file.ts';
import { type PlainPaths, type RunConfig, storedConfig } from '../training/index.ts';
import { command } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import { required } from './terminal/flags.ts';
import { ownCall } from './terminal/own-call.ts';
import { formatDuration } from './terminal/progress.ts';
import { engineOfRun } from './terminal/run-engine.ts';
import { defined } from './terminal/shared-flags.ts';
import { shellWord } from './terminal/shell-word.ts';
import { counted } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';
import { attendTraining } from './training/attend-training.ts';
import { givenFlags, limitsOf } from './training/optimization-flags.ts';
import { earlyEnd, reportFiles, withReport } from './training/report-files.ts';
import { writeTrainingCard } from './training/training-card.ts';
import { choicesOf, type TrainingFlags, trainingFlags } from './training/training-flags.ts';
import { writeRunPage } from './training/training-page.ts';
import { amount, percent, TrainingProgress } from './training/training-progress.ts';

/** The training set and the evaluation set of a run. */
interface Datasets {
  readonly dataset: ClassificationDataset;
  readonly validation: ClassificationDataset;
  /** Whether the evaluation images were drawn from the training set. */
  readonly isHeldOut: boolean;
}

/** The data sets that the flags name, or a training set of which a part is held out. */
async function openDatasets({ dataset, seed = 0, val, 'val-fraction': fraction }: TrainingFlags): Promise<Datasets> {
  const spec = required('dataset', dataset);
  if (val !== undefined && fraction !== undefined) {
    throw new ResnetCocoError('USAGE', '--val-fraction draws the evaluation images: leave out --val');
  }
  if (val !== undefined || fraction !== undefined) {
    const training = await openClassificationDataset(spec, isSplit(spec) ? { split: 'train' } : {});
    if (val !== undefined) {
      return { dataset: training, validation: await openClassificationDataset(val), isHeldOut: false };
    }
    const parts = holdOutImages(training, fraction!, seed);
    if (parts) return { dataset: parts.training, validation: parts.validation, isHeldOut: true };
    throw new ResnetCocoError('BAD_DATASET', `${spec}: a data set of one image cannot hold one out; add images`);
  }
  if (!isSplit(spec)) {
    const problem = `${spec}: no folders train and val in it; hold out a part of the images: --val-fraction 0.2, or name an evaluation set: --val`;
    throw new ResnetCocoError('USAGE', `${problem} imagefolder:DIR`);
  }
  const training = await openClassificationDataset(spec, { split: 'train' });
  return { dataset: training, validation: await openClassificationDataset(spec), isHeldOut: false };
}

/** The file in a run's folder that lists the held-out evaluation images. */
const HELD_OUT = 'validation.json';

/** @throws ResnetCocoError FILE_NOT_WRITABLE */
async function writeHeldOut(folder: string, validation: ClassificationDataset): Promise<string> {
  const images = Array.from({ length: validation.length }, (_, i) => ({
    image: validation.nameOf(i),
    class: validation.classes[validation.label(i)],
  }));
  const file = join(folder, HELD_OUT);
  await writeWholeFile(file, `${JSON.stringify(images, null, 1)}\n`);
  return file;
}

/** How the learning rate follows from the batch. */
function rateLine(settings: TrainingSettings, { lr }: TrainingFlags, init: boolean): string | undefined {
  const { batch, optimizer, schedule } = settings;
  if (lr !== undefined && lr !== 'auto') return undefined;
  const tuned = init ? ', a tenth of it with --init' : '';
  const why = optimizer.kind === 'sgd' ? `linear in the batch of ${batch}${tuned}` : `usual for adamw${tuned}`;
  return `learning rate ${Number(schedule.rate.toPrecision(6))}: ${why} (--lr)`;
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

/** The folder of a data set, for an example command. */
const imagesOf = (spec: string): string => spec.slice(spec.indexOf(':') + 1);

function describe(summary: TrainingSummary, settings: TrainingSettings): string {
  const { best, epochs, files, interrupted, seconds, steps } = summary;
  const lines = [`${counted(epochs, 'epoch')} in ${formatDuration(seconds)}`, ...earlyEnd(summary, settings)];
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
    const { dataset, isHeldOut, validation } = await openDatasets(flags);
    if (isHeldOut) {
      const of = dataset.length + validation.length;
      terminal.note(
        `evaluated on ${validation.length} of ${of} images, drawn by class with seed ${flags.seed ?? 0}; ${HELD_OUT} of the run lists them`,
      );
    }
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
    const rate = rateLine(settings, flags, init !== undefined);
    if (rate && !flags.resume) terminal.note(rate);
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
      ...limitsOf(flags),
    };
    const { summary, problems } = await train(options, required('dataset', flags.dataset), terminal);
    if (!summary.interrupted) await writeTrainingCard(folder, summary);
    const report = describe(summary, settings);
    await (flags.json ? terminal.printJson(withReport(summary, folder)) : terminal.print(report));
    if (isHeldOut) await writeHeldOut(folder, validation);
    if (!summary.interrupted) {
      const evaluated = flags.val ?? required('dataset', flags.dataset);
      const next = isHeldOut
        ? ['classify', imagesOf(evaluated), '--model', summary.files.model]
        : ['evaluate', 'classifier', evaluated, '--model', summary.files.model, '--report', join(folder, 'report')];
      terminal.note(`next: ${ownCall()} ${next.map(shellWord).join(' ')}`);
    }
    return problems ? 1 : 0;
  },
});
