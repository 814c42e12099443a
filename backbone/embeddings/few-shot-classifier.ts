import {
  type ClassificationDataset,
  eachSource,
  type ImageSource,
  type ImageSources,
  imagenetClasses,
  isImageSource,
} from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { checkArgument, checkOptions, type OptionKinds } from '../../io/options.ts';
import { shownValue } from '../../io/shown-value.ts';
import { type Classifier, checkTop, DEFAULT_TOP } from '../classifier.ts';
import type { ClassifiedItem, ClassifyAllOptions, ClassifyOptions, LogitsOptions } from '../classifier-results.ts';
import type { Prediction } from '../top-classes.ts';
import { nearestVectors } from './nearest.ts';
import { leaveOneOut, shareOfVotes } from './neighbor-votes.ts';
import { type Vectors, vectorsOf } from './vectors.ts';

/** Settings of `fewShotClassifier`. */
export interface FewShotOptions extends LogitsOptions {
  /** How many of the most similar examples vote, at most all of them. Default 5. */
  readonly neighbors?: number;
}

const kinds: OptionKinds<FewShotOptions> = { neighbors: 'checked', batch: 'checked', signal: 'signal' };
const classifyKinds: OptionKinds<ClassifyOptions> = { top: 'checked' };

const DEFAULT_NEIGHBORS = 5;

/** An example that could not be read. */
export interface FailedExample {
  readonly file: string;
  readonly error: ResnetCocoError;
}

/**
 * Makes a classifier of a few labelled examples, without training: an image is of the class of the examples that are
 * most similar to it.
 *
 * @param classifier embeds the images; the caller disposes of it
 * @param examples such as a folder per class, from `openClassificationDataset`
 * @throws ResnetCocoError USAGE for an unknown or wrong option; BAD_DATASET when there is one class alone, or no example
 *   of a class can be read
 */
export async function fewShotClassifier(
  classifier: Classifier,
  examples: ClassificationDataset,
  options: FewShotOptions = {},
): Promise<FewShotClassifier> {
  const call = 'fewShotClassifier';
  checkArgument(call, 'the examples', examples, 'object');
  checkOptions(call, options, kinds);
  const { neighbors = DEFAULT_NEIGHBORS, ...others } = options;
  if (!(Number.isInteger(neighbors) && neighbors >= 1)) {
    throw new ResnetCocoError('USAGE', `\`neighbors\` must be a whole number from 1, is ${shownValue(neighbors)}`);
  }
  if (examples.classes.length < 2) {
    const only = examples.classes.length ? `all of one class, ${examples.classes[0]}` : 'of no class';
    throw new ResnetCocoError('BAD_DATASET', `the examples are ${only}; add examples of what else an image may be`);
  }
  const images = Array.from({ length: examples.length }, (_, i) => examples.image(i));
  const [embeddings, files, labels, failures]: [Float32Array[], string[], number[], FailedExample[]] = [[], [], [], []];
  for await (const { index, error, embedding } of classifier.embedAll(images, others)) {
    const file = examples.nameOf(index);
    if (error) {
      failures.push({ file, error });
      continue;
    }
    embeddings.push(embedding);
    files.push(file);
    labels.push(examples.label(index));
  }
  others.signal?.throwIfAborted();
  const counts = examples.classes.map((_, label) => labels.filter((other) => other === label).length);
  const empty = examples.classes.filter((_, label) => counts[label] === 0);
  if (empty.length) {
    throw new ResnetCocoError('BAD_DATASET', `no example of ${empty.slice(0, 5).join(', ')} can be read; add some`);
  }
  const vectors = vectorsOf(files, embeddings);
  const count = Math.min(neighbors, files.length);
  const settings = { classes: counts.length, count, engine: classifier.engine };
  const right = await leaveOneOut(vectors, labels, settings);
  return new FewShotClassifier({ classifier, vectors, labels, examples, counts, count, right, failures });
}

interface Parts {
  readonly classifier: Classifier;
  readonly vectors: Vectors;
  readonly labels: readonly number[];
  readonly examples: ClassificationDataset;
  readonly counts: readonly number[];
  readonly count: number;
  readonly right: number;
  readonly failures: readonly FailedExample[];
}

/** A classifier by nearest examples. Made by `fewShotClassifier`. */
export class FewShotClassifier {
  /** The classes: each with its name, its WordNet id if it is one of ImageNet's, and the number of its examples. */
  readonly classes: readonly { readonly name: string; readonly wnid?: string; readonly examples: number }[];
  /** How many examples vote. */
  readonly neighbors: number;
  /** How many of the examples the others classify rightly, and the share of them: what the examples are worth. */
  readonly leaveOneOut: { readonly right: number; readonly examples: number; readonly accuracy: number };
  /** The examples that could not be read. */
  readonly failures: readonly FailedExample[];
  readonly #classifier: Classifier;
  readonly #vectors: Vectors;
  readonly #labels: readonly number[];

  /** Use `fewShotClassifier`. */
  constructor({ classifier, vectors, labels, examples, counts, count, right, failures }: Parts) {
    this.#classifier = classifier;
    this.#vectors = vectors;
    this.#labels = labels;
    this.classes = examples.classes.map((folder, i) => {
      const wnid = examples.wnids?.[i];
      const name = imagenetClasses.find((known) => known.wnid === wnid)?.name ?? folder;
      return { name, ...(wnid === undefined ? {} : { wnid }), examples: counts[i] };
    });
    this.neighbors = count;
    this.leaveOneOut = { right, examples: labels.length, accuracy: right / labels.length };
    this.failures = failures;
  }

  /**
   * Returns the classes of an image, or of each of several. A class's probability is its share of the votes of the
   * nearest examples.
   *
   * @param input what `Classifier.classify` takes
   * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for an invalid `top`
   */
  async classify(input: ImageSource, options?: ClassifyOptions): Promise<Prediction[]>;
  async classify(input: ImageSources, options?: ClassifyOptions): Promise<Prediction[][]>;
  async classify(
    input: ImageSource | ImageSources,
    options: ClassifyOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    checkOptions('classify', options, classifyKinds);
    const { top = DEFAULT_TOP } = options;
    checkTop(top);
    const embeddings = await this.#classifier.embed(eachSource<ImageSource>(input));
    const results = embeddings.map((embedding) => this.#predict(embedding, top));
    return isImageSource(input) ? results[0] : results;
  }

  /**
   * Classifies images one after another, in order and in constant memory. An image that cannot be read yields its
   * error, and the others go on.
   *
   * @param input what `classify` takes
   * @throws ResnetCocoError USAGE for an invalid `top` or `batch`
   */
  classifyAll<S extends ImageSource>(input: S, options?: ClassifyAllOptions): AsyncGenerator<ClassifiedItem<S>>;
  classifyAll<S extends ImageSource>(
    input: ImageSources<S>,
    options?: ClassifyAllOptions,
  ): AsyncGenerator<ClassifiedItem<S>>;
  async *classifyAll<S extends ImageSource>(
    input: S | ImageSources<S>,
    { top = DEFAULT_TOP, ...options }: ClassifyAllOptions = {},
  ): AsyncGenerator<ClassifiedItem<S>> {
    checkTop(top);
    for await (const { embedding, error, ...which } of this.#classifier.embedAll(eachSource<S>(input), options)) {
      yield error ? { ...which, error } : { ...which, predictions: this.#predict(embedding, top) };
    }
  }

  #predict(embedding: Float32Array, top: number): Prediction[] {
    const nearest = nearestVectors(embedding, this.#vectors, this.neighbors);
    const neighbors = nearest.map(({ index, similarity }) => ({ label: this.#labels[index], similarity }));
    const shares = shareOfVotes(neighbors, this.classes.length);
    const order = Array.from(shares.keys()).sort((a, b) => shares[b] - shares[a] || a - b);
    return order.slice(0, top).map((index) => {
      const { name: label, wnid } = this.classes[index];
      return { index, label, ...(wnid === undefined ? {} : { wnid }), probability: shares[index] };
    });
  }
}
