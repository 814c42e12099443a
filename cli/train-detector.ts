import { dirname, join } from 'node:path';
import {
  type DetectorChoices,
  type DetectorConfig,
  type DetectorRunSettings,
  type DetectorStart,
  type DetectorSummary,
  detectorStart,
  detectorTitle,
  samplesFolder,
  type TrainDetectorOptions,
  trainDetector,
} from '../detection/index.ts';
import { planDetectorRun } from '../detection/training/run-choices.ts';
import { type DetectionMeasures, shownThreshold } from '../eval/index.ts';
import { type PlainPaths, type RunConfig, storedConfig } from '../training/index.ts';
import { offeringBundled } from './input/bundled-models.ts';
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
import { annotationsName, writeDetectorCard } from './training/detector-card.ts';
import { evaluationArguments, imageFolderOf, readDetectorDatasets } from './training/detector-datasets.ts';
import { describePlan } from './training/detector-plan.ts';
import {
  type DetectorTrainingFlags,
  detectorChoicesOf,
  detectorTrainingFlags,
  ignoredSettings,
  readSettings,
} from './training/detector-training-flags.ts';
import { givenFlags, limitsOf } from './training/optimization-flags.ts';
import { earlyEnd, reportFiles, withReport } from './training/report-files.ts';
import { writeRunPage } from './training/training-page.ts';
import { amount, percent, TrainingProgress } from './training/training-progress.ts';

/** The stored choices of a resumed run: length, rates, settings of `--config`, and the initial model. */
function rememberedSettings({ epochs, init, model, schedule, training }: RunConfig) {
  const [config, chosen] = [model as unknown as DetectorConfig, training as Readonly<Record<string, unknown>>];
  const { milestones, rate, warmup_steps } = schedule as unknown as Partial<Record<string, number>> & {
    readonly milestones?: number[];
  };
  const start: DetectorStart | undefined = init === undefined ? undefined : { model: config };
  const defaults = defined({
    epochs: epochs as number,
    lr: rate,
    milestones,
    warmupSteps: warmup_steps,
  }) as DetectorChoices;
  return { start, config: { ...config, ...chosen }, defaults };
}

/** What is known about the initial model, which is fetched if necessary. */
async function startOf(init: string | undefined, terminal: Terminal, signal: AbortSignal) {
  if (init === undefined) return undefined;
  const fetched = () =>
    withDownloadProgress(terminal, (onProgress, onNote) => detectorStart(init, { onProgress, onNote, signal }));
  return await offeringBundled('detection', fetched, '--init');
}

const describeMeasures = ({ AP, AP50 }: DetectionMeasures): string =>
  `AP ${percent(Math.max(AP, 0))}${AP50 === undefined ? '' : `, AP50 ${percent(AP50)}`}`;

function describe(summary: DetectorSummary, settings: DetectorRunSettings): string {
  const { best, epochs, files, interrupted, seconds, steps } = summary;
  const lines = [`${counted(epochs, 'epoch')} in ${formatDuration(seconds)}`, ...earlyEnd(summary, settings)];
  if (best) lines.push(`best after epoch ${best.epoch}: ${describeMeasures(best)}`);
  if (best?.best_score !== undefined) {
    const { F1, best_score, precision, recall } = best;
    lines.push(
      `best score threshold: ${shownThreshold(best_score)} (F1 ${percent(F1)}: precision ${percent(precision)}, recall ${percent(recall)})`,
    );
  }
  const outcome = interrupted
    ? `stopped after step ${steps}; resume with: ${ownCall()} train detector --resume --out ${dirname(files.last)}`
    : `model: ${files.model}`;
  return [...lines, outcome, `curves: ${reportFiles(dirname(files.last)).page}`].join('\n');
}

/** The next commands, with the paths of this run. */
function nextCalls(
  { best, files: { model } }: DetectorSummary,
  folder: string,
  evaluation: readonly string[] | undefined,
  images: string,
): string[] {
  const ofModel = ['--model', model];
  const score = best?.best_score === undefined ? [] : ['--score', String(shownThreshold(best.best_score))];
  return [
    ...(evaluation ? [['evaluate', 'detector', ...evaluation, ...ofModel, '--report', join(folder, 'report')]] : []),
    ['detect', images, ...ofModel, ...score, '--out', join(folder, 'detected')],
    ['serve', ...ofModel],
  ].map((words) => `${ownCall()} ${words.map(shellWord).join(' ')}`);
}

async function train(
  options: PlainPaths<TrainDetectorOptions>,
  subtitle: string,
  terminal: Terminal,
): Promise<{ readonly summary: DetectorSummary; readonly problems: number }> {
  const { folder, settings } = options;
  const progress = new TrainingProgress(terminal, settings.batch * settings.accumulate);
  const writePage = () => writeRunPage(folder, subtitle, samplesFolder(folder));
  return await attendTraining(terminal, progress, writePage, (news) =>
    trainDetector({
      ...options,
      ...news,
      onStep: (step) => progress.step(step, `loss ${amount(step.loss)}`),
      onEpoch: async (epoch) => {
        const { isBest, loss, validation } = epoch;
        progress.epoch(epoch, `loss ${amount(loss)}`, validation && describeMeasures(validation), isBest);
        await writePage();
      },
    }),
  );
}

export default command({
  summary: 'Train an object detector: Faster R-CNN or RetinaNet with a ResNet and a feature pyramid.',
  positionals: { usage: '', min: 0, max: 0, help: [] },
  flags: detectorTrainingFlags,
  details: [
    "Defaults follow torchvision's reference training of COCO, with fewer epochs if --init is a detector. Crowds are left out, boxes are clipped to their images, and images without a usable box are not trained on.",
    'The folder of the run has model.safetensors and model.md (at the end: the best weights, or the last ones without evaluation, and their card), best.safetensors and last.safetensors (checkpoints, which load as models too), training.html (curves, and detections at each evaluation), samples (images of those detections), validation.json (the images that --val-fraction holds out), log.jsonl, and event files for TensorBoard.',
    'Ctrl-C saves and stops; a killed run loses the steps since its last checkpoint. --resume takes the settings from the run; on the same machine it gives the same weights to the last bit.',
  ],
  examples: [
    [
      'resnet-coco train detector --annotations my-data --val-fraction 0.2 --init coco-mini-resnet18-fpn',
      'fine-tune the detector of the package on a VOC or YOLO folder without lists',
    ],
    [
      'resnet-coco train detector --annotations bccd --split train --val-split val --init fasterrcnn_resnet50_fpn',
      'fine-tune a COCO detector on the splits of a data set',
    ],
    [
      'resnet-coco train detector --annotations train.json --images train --val-annotations val.json --val-images val --init resnet50',
      "from a classifier's backbone",
    ],
    ['resnet-coco train detector --resume --out runs/detector-resnet50', 'resume'],
  ],
  async run({ flags: given, terminal, signal }) {
    const table = detectorTrainingFlags;
    const stored = given.resume && given.out !== undefined ? await storedConfig(given.out, 'detector') : undefined;
    const remembered = (stored?.command ?? {}) as Partial<DetectorTrainingFlags>;
    const flags: DetectorTrainingFlags = { ...given, ...remembered, ...givenFlags(table, given) };
    const datasets = await readDetectorDatasets(flags, terminal, signal);
    const { images, validation } = datasets;
    const { init, workers } = flags;
    const { config, defaults, start } = stored
      ? rememberedSettings(stored)
      : { config: await readSettings(flags.config), defaults: {}, start: await startOf(init, terminal, signal) };
    const choices = { ...defaults, ...detectorChoicesOf(flags), ...defined({ config }) };
    const ignored = stored ? [] : ignoredSettings(choices);
    if (ignored.length) terminal.note(`--config ${flags.config}: not used: ${ignored.join(', ')}`);
    const { samples, settings } = planDetectorRun(images, choices, start);
    for (const line of await describePlan({ datasets, flags, samples, settings, start })) terminal.note(line);
    const folder = flags.out ?? join('runs', `detector-${settings.model.backbone}`);
    const options: PlainPaths<TrainDetectorOptions> = {
      engine: await engineOfRun(flags, stored, terminal),
      images,
      ...(validation ? { validation } : {}),
      settings,
      folder,
      resume: flags.resume,
      command: givenFlags(table, flags),
      signal,
      ...defined({ init, workers, checkpointMinutes: flags['checkpoint-minutes'] }),
      ...limitsOf(flags),
    };
    const annotations = required('annotations', flags.annotations);
    const name = annotationsName(annotations);
    const subtitle = `${detectorTitle(settings.model)} on ${name}`;
    const { summary, problems } = await train(options, subtitle, terminal);
    if (!summary.interrupted) await writeDetectorCard(folder, name, summary);
    await (flags.json ? terminal.printJson(withReport(summary, folder)) : terminal.print(describe(summary, settings)));
    const evaluation = await evaluationArguments(datasets, flags, folder);
    if (!summary.interrupted) {
      terminal.note('next:');
      for (const call of nextCalls(summary, folder, evaluation, imageFolderOf(validation ?? images)))
        terminal.note(call);
    }
    return problems || images.problems.errors || validation?.problems.errors ? 1 : 0;
  },
});
