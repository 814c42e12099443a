import type { ClassificationDataset, Loader } from '../../datasets/index.ts';
import type { Engine, HostTensor, Weights } from '../../engine/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { ClassifierConfig } from '../classifier-config.ts';
import { classifierProgram } from '../classifier-program.ts';

/** The evaluation of weights on images that they were not trained on. Accuracies are in 0–1. */
export type Validation = {
  /** Mean cross-entropy, without smoothing. */
  readonly loss: number;
  readonly top1: number;
  /** Only with ten classes or more. */
  readonly top5?: number;
};

const CLASSES_FOR_TOP5 = 10;

/** Sums over the evaluated images. */
export interface Score {
  loss: number;
  top1: number;
  top5: number;
}

/**
 * Scores logits `[N, K]`. Logits that are not finite count as wrong.
 *
 * @param labels of the N images
 */
export function score({ data, shape }: HostTensor, labels: Int32Array): Score {
  const [, classes] = shape;
  const sums = { loss: 0, top1: 0, top5: 0 };
  for (const [i, label] of labels.entries()) {
    const logits = data.subarray(i * classes, (i + 1) * classes);
    let [greatest, before] = [logits[label], 0];
    for (let k = 0; k < classes; k++) {
      if (logits[k] > greatest) greatest = logits[k];
      if (logits[k] > logits[label] || (logits[k] === logits[label] && k < label)) before++;
    }
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(logits[k] - greatest);
    const loss = Math.log(sum) + greatest - logits[label];
    sums.loss += loss;
    if (!Number.isFinite(loss)) continue;
    if (before === 0) sums.top1++;
    if (before < 5) sums.top5++;
  }
  return sums;
}

/**
 * Maps each class of one data set to the class of the same name in another.
 *
 * @throws ResnetCocoError BAD_DATASET for a class that the other does not have
 */
export function labelsIn(dataset: ClassificationDataset, classes: readonly string[]): Int32Array {
  return Int32Array.from(dataset.classes, (name, i) => {
    const label = classes[i] === name ? i : classes.indexOf(name);
    if (label >= 0) return label;
    throw new ResnetCocoError(
      'BAD_DATASET',
      `the evaluation images show '${name}', which is not a class of the training images (${listed(classes)}); name another \`validation\``,
    );
  });
}

const listed = (names: readonly string[]): string =>
  names.slice(0, 10).join(', ') + (names.length > 10 ? ` and ${names.length - 10} more` : '');

/**
 * Evaluates weights on all images of a loader, exactly as `loadClassifier` would run them.
 *
 * @param labels of the data set's classes
 * @returns undefined if `signal` ended it
 */
export async function validate(
  engine: Engine,
  config: ClassifierConfig,
  weights: Weights,
  loader: Loader,
  labels: Int32Array,
  {
    signal,
    onImages,
  }: { readonly signal?: AbortSignal | undefined; readonly onImages?: (images: number) => void } = {},
): Promise<Validation | undefined> {
  const program = await engine.compile(classifierProgram(config, weights));
  const sums: Score = { loss: 0, top1: 0, top5: 0 };
  let images = 0;
  try {
    for await (const batch of loader.epoch(0, { signal })) {
      const { logits } = await program.run({ image: batch.image });
      const answers = { shape: logits.shape, data: await logits.data() };
      logits.dispose();
      const { loss, top1, top5 } = score(
        answers,
        batch.labels.map((label) => labels[label]),
      );
      sums.loss += loss;
      sums.top1 += top1;
      sums.top5 += top5;
      images += batch.labels.length;
      onImages?.(images);
    }
  } finally {
    await program.dispose();
  }
  if (signal?.aborted) return undefined;
  if (!images) throw new ResnetCocoError('BAD_DATASET', 'none of the evaluation images can be read');
  const result = { loss: sums.loss / images, top1: sums.top1 / images };
  return config.num_classes < CLASSES_FOR_TOP5 ? result : { ...result, top5: sums.top5 / images };
}
