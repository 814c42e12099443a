import type { ClassifierConfig, LogitsOptions, ScoredImage } from '../../backbone/index.ts';
import type { ClassificationDataset, Image, ImageSource } from '../../datasets/index.ts';
import { ClassificationEvaluator } from '../../eval/index.ts';
import type { Failures } from '../terminal/failures.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What evaluation needs from a classifier. */
export interface ScoringClassifier {
  readonly config: ClassifierConfig;
  logitsAll<S extends ImageSource>(images: Iterable<S>, options?: LogitsOptions): AsyncIterable<ScoredImage<S>>;
}

/** What a classifier says of a data set. */
export interface ScoredDataset {
  readonly evaluator: ClassificationEvaluator;
  /** Images that could not be read. */
  readonly failed: readonly { readonly file: string; readonly error: string }[];
}

function* imagesOf(dataset: ClassificationDataset): Generator<string | URL | Uint8Array | Image> {
  for (let i = 0; i < dataset.length; i++) yield dataset.image(i);
}

/**
 * Runs a classifier on a data set, with progress.
 *
 * @param indices the classifier's class of each class of the data set (`mapClasses`)
 */
export async function scoreImages(
  classifier: ScoringClassifier,
  dataset: ClassificationDataset,
  indices: readonly number[],
  options: LogitsOptions,
  failures: Failures,
  terminal: Terminal,
): Promise<ScoredDataset> {
  const evaluator = new ClassificationEvaluator(classifier.config.num_classes);
  const failed: { file: string; error: string }[] = [];
  const progress = terminal.startProgress('images', dataset.length);
  try {
    for await (const { index, error, logits } of classifier.logitsAll(imagesOf(dataset), options)) {
      const file = dataset.nameOf(index);
      if (error) failed.push({ file, error: failures.add(file, error) });
      else evaluator.add(logits, indices[dataset.label(index)], index);
      progress.advance({ failed: error !== undefined });
    }
  } finally {
    progress.stop();
  }
  return { evaluator, failed };
}
