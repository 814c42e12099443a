import type { Classifier } from '../../backbone/index.ts';
import { type ClassificationDataset, openClassificationDataset } from '../../datasets/index.ts';
import { architectureOf, Detector, evaluateDetector, evaluateResults, type Scores } from '../../detection/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type IouType, mapClasses } from '../../eval/index.ts';
import { Failures } from '../terminal/failures.ts';
import { defined } from '../terminal/shared-flags.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type AnnotatedFiles, openAnnotatedImages } from './annotated-images.ts';
import { scoreImages } from './score-images.ts';

/** Measures a model in points: top-1 accuracy, or the AP of each kind of result that it gives. */
export type Measure = (model: Classifier | Detector) => Promise<Scores>;

/** What flags say of the data. */
export interface ScoringFlags {
  readonly annotations: string | undefined;
  readonly images: string | undefined;
  readonly split: string | undefined;
}

const CLASSIFICATION = /^(cifar10|cifar100|imagefolder):/;

/** Opens a data set by which models are measured: one of images with classes, as `evaluate classifier` takes it, or with boxes, as `evaluate detector` does. */
export async function openScoring(
  source: string,
  flags: ScoringFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Measure> {
  if (CLASSIFICATION.test(source)) {
    const { split } = flags;
    const part = split === 'train' || split === 'test' ? split : undefined;
    const dataset = await openClassificationDataset(source, defined({ split: part }));
    for (const note of dataset.notes ?? []) terminal.note(note);
    return async (model) => {
      if (model instanceof Detector) throw wrongKind(source, 'a detector', 'a folder or file of annotations');
      return await classifierScores(model, dataset, terminal, signal);
    };
  }
  const annotated = await openAnnotatedImages(source, flags, terminal, signal);
  return async (model) => {
    if (!(model instanceof Detector)) throw wrongKind(source, 'a classifier', 'imagefolder:DIR or cifar10:DIR');
    return await detectorScores(model, annotated, terminal, signal);
  };
}

const wrongKind = (source: string, is: string, wanted: string): ResnetCocoError =>
  new ResnetCocoError('USAGE', `--evaluate ${source}: the model is ${is}; give ${wanted}`);

async function classifierScores(
  classifier: Classifier,
  dataset: ClassificationDataset,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Scores> {
  const { categories, num_classes } = classifier.config;
  const { indices } = mapClasses(dataset, categories, num_classes);
  const failures = new Failures(terminal);
  const { evaluator } = await scoreImages(classifier, dataset, indices, { signal }, failures, terminal);
  signal.throwIfAborted();
  return { 'top-1': 100 * evaluator.result().top1 };
}

async function detectorScores(
  detector: Detector,
  { files, gt, name }: AnnotatedFiles,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Scores> {
  const { keypoints, masks } = architectureOf(detector.config).targets(detector.config);
  const kinds: readonly [score: string, type: IouType, has: boolean][] = [
    ['AP', 'bbox', true],
    ['AP of masks', 'segm', masks === true && gt.annotations.some(({ segmentation }) => segmentation !== undefined)],
    ['AP of keypoints', 'keypoints', keypoints !== undefined && gt.annotations.some((one) => one.keypoints?.length)],
  ];
  const failures = new Failures(terminal);
  const progress = terminal.startProgress('images', files.size);
  const { evaluation: ofBoxes, ...found } = await evaluateDetector(detector, gt, files, {
    ...{ name, signal },
    onImage: (image) => {
      const failed = 'error' in image;
      progress.advance({ failed });
      if (failed) failures.add(image.file, image.error);
    },
  }).finally(() => progress.stop());
  signal.throwIfAborted();
  const scores: Record<string, number> = {};
  for (const [score, type, has] of kinds) {
    if (!has) continue;
    const evaluation = type === 'bbox' ? ofBoxes : evaluateResults(detector.config, gt, found, type);
    evaluation.summarize(() => {});
    scores[score] = 100 * Math.max(0, evaluation.stats[0]);
  }
  return scores;
}
