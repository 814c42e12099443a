import { dirname, join } from 'node:path';
import { type RunConfig, storedConfig } from '../backbone/index.ts';
import { type DetectionDataset, readDetectionDataset } from '../datasets/index.ts';
import {
  type DetectorConfig,
  type DetectorStart,
  type DetectorSummary,
  detectorSettings,
  detectorStart,
  samplesFolder,
  type TrainDetectorOptions,
  trainDetector,
} from '../detection/index.ts';
import { ResnetCocoError } from '../errors.ts';
import type { DetectionMeasures } from '../eval/index.ts';
import { attendTraining } from './attend-training.ts';
import { command } from './command.ts';
import { reportProblems } from './dataset-report.ts';
import { writeDetectorCard } from './detector-card.ts';
import {
  type DetectorTrainingFlags,
  detectorChoicesOf,
  detectorTrainingFlags,
  readSettings,
} from './detector-training-flags.ts';
import { withDownloadProgress } from './download-progress.ts';
import { required } from './flags.ts';
import { givenFlags } from './optimisation-flags.ts';
import { formatDuration } from './progress.ts';
import { engineOfRun } from './run-engine.ts';
import { defined } from './shared-flags.ts';
import { counted } from './table.ts';
import type { Terminal } from './terminal.ts';
import { writeRunPage } from './training-page.ts';
import { amount, percent, TrainingProgress } from './training-progress.ts';

interface Datasets {
  readonly images: DetectionDataset;
  readonly validation: DetectionDataset | undefined;
}

/** Images to learn from, and to evaluate on where any are named. What is wrong in them is told, and left out. */
async function readDatasets(flags: DetectorTrainingFlags, terminal: Terminal, signal: AbortSignal): Promise<Datasets> {
  const read = async (source: { annotations: string; images: string | undefined; split: string | undefined }) => {
    const { annotations, images, split } = source;
    const found = await readDetectionDataset({ annotations, ...defined({ images, split }), strict: false, signal });
    reportProblems(found.problems, terminal);
    return found;
  };
  const { images: folder, split } = flags;
  const annotations = required('annotations', flags.annotations);
  const [ofVal, inFolder, valSplit] = [flags['val-annotations'], flags['val-images'], flags['val-split']];
  const images = await read({ annotations, images: folder, split });
  if (ofVal === undefined && valSplit === undefined) {
    if (inFolder !== undefined) throw new ResnetCocoError('USAGE', '--val-images needs --val-annotations');
    return { images, validation: undefined };
  }
  const sameData = ofVal === undefined;
  const validation = await read({
    annotations: ofVal ?? annotations,
    images: inFolder ?? (sameData ? folder : undefined),
    split: valSplit,
  });
  return { images, validation };
}

/** What a run that is resumed remembers: settings of `--config` and of the model that it began from. */
function rememberedSettings({ init, model, training }: RunConfig) {
  const [config, chosen] = [model as unknown as DetectorConfig, training as Readonly<Record<string, unknown>>];
  const start: DetectorStart | undefined = init === undefined ? undefined : { model: config };
  return { start, config: { ...config, ...chosen } };
}

/** What there is to know of the model to begin from, which is fetched if need be. */
async function startOf(init: string | undefined, terminal: Terminal, signal: AbortSignal) {
  if (init === undefined) return undefined;
  return await withDownloadProgress(terminal, (onProgress, onNote) =>
    detectorStart(init, { onProgress, onNote, signal }),
  );
}

const describeMeasures = ({ AP, AP50 }: DetectionMeasures): string =>
  `AP ${percent(Math.max(AP, 0))}${AP50 === undefined ? '' : `, AP50 ${percent(AP50)}`}`;

function describe({ best, epochs, files, interrupted, seconds, steps }: DetectorSummary): string {
  const lines = [`${counted(epochs, 'epoch')} in ${formatDuration(seconds)}`];
  if (best) lines.push(`best after epoch ${best.epoch}: ${describeMeasures(best)}`);
  const outcome = interrupted
    ? `stopped after step ${steps}; go on with: resnet-coco train detector --resume --out ${dirname(files.last)}`
    : `model: ${files.model}`;
  return [...lines, outcome, `curves: ${files.page}`].join('\n');
}

async function train(
  options: TrainDetectorOptions,
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
  summary: 'Train an object detector: Faster R-CNN with a ResNet and a feature pyramid.',
  positionals: { usage: '', min: 0, max: 0, help: [] },
  flags: detectorTrainingFlags,
  details: [
    "What flags leave open follows torchvision's reference training of COCO. Crowds are left out, boxes clipped to their images, and images without a usable box not trained on.",
    'The folder of the run has model.safetensors and model.md (the best weights, without evaluation the last, and a card of them, once it is done), best.safetensors and last.safetensors (checkpoints, which load as models too), training.html (curves, and what was detected at each evaluation), samples (those pictures), log.jsonl, and event files for TensorBoard.',
    'Ctrl-C saves and stops; a run that was killed loses what it did since its last checkpoint. --resume goes on with the settings of the run, which need not be given again, and on the same machine comes by the same weights to the last bit.',
  ],
  examples: [
    [
      'resnet-coco train detector --annotations bccd --split train --val-split val --init fasterrcnn_resnet50_fpn',
      'fine-tuning',
    ],
    [
      'resnet-coco train detector --annotations train.json --images train --val-annotations val.json --val-images val --init resnet50',
      "from a classifier's backbone",
    ],
    ['resnet-coco train detector --resume --out runs/detector-resnet50', 'go on'],
  ],
  async run({ flags: given, terminal, signal }) {
    const table = detectorTrainingFlags;
    const stored = given.resume && given.out !== undefined ? await storedConfig(given.out) : undefined;
    const remembered = (stored?.command ?? {}) as Partial<DetectorTrainingFlags>;
    const flags: DetectorTrainingFlags = { ...given, ...remembered, ...givenFlags(table, given) };
    const { images, validation } = await readDatasets(flags, terminal, signal);
    const { init, workers } = flags;
    const { config, start } = stored
      ? rememberedSettings(stored)
      : { config: await readSettings(flags.config), start: await startOf(init, terminal, signal) };
    const settings = detectorSettings(images, { ...detectorChoicesOf(flags), ...defined({ config }) }, start);
    const folder = flags.out ?? join('runs', `detector-${settings.model.backbone}`);
    const options: TrainDetectorOptions = {
      engine: await engineOfRun(flags, stored, terminal),
      images,
      ...(validation ? { validation } : {}),
      settings,
      folder,
      resume: flags.resume,
      command: givenFlags(table, flags),
      signal,
      ...defined({ init, workers, checkpointMinutes: flags['checkpoint-minutes'] }),
    };
    const annotations = required('annotations', flags.annotations);
    const subtitle = `Faster R-CNN with ${settings.model.backbone} on ${annotations}`;
    const { summary, problems } = await train(options, subtitle, terminal);
    if (!summary.interrupted) await writeDetectorCard(folder, annotations, summary);
    await (flags.json ? terminal.printJson(summary) : terminal.print(describe(summary)));
    return problems || images.problems.errors || validation?.problems.errors ? 1 : 0;
  },
});
