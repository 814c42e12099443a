// K classes.
import { ResnetCocoError } from '../../errors.ts';
import { Calibration, expectedCalibrationError, type ReliabilityBin } from './calibration.ts';
import { ConfusionCounts, type ConfusionMatrix } from './confusion.ts';
import { type Mistake, MostConfidentMistakes } from './mistakes.ts';

/** The result of one class; all measures are 0–1. */
export interface ClassResult {
  readonly index: number;
  /** Number of images of this class. */
  readonly images: number;
  /** Share of them predicted as this class: its accuracy, or recall. */
  readonly top1: number;
  /** Share of them with this class among the five most probable. */
  readonly top5: number;
  /** Share of the images predicted as this class that show it; null when there are none. */
  readonly precision: number | null;
  /** Harmonic mean of recall and precision. */
  readonly f1: number;
}

/** A classifier's result on a data set. Without images, the means are NaN. */
export interface ClassificationResult {
  readonly images: number;
  /** Share of images whose most probable class is right. */
  readonly top1: number;
  /** Share of images whose class is among the five most probable. */
  readonly top5: number;
  /** Mean of the classes' accuracies; unlike `top1` it does not favor frequent classes. */
  readonly balancedAccuracy: number;
  /** Mean negative log likelihood, in nats. */
  readonly nll: number;
  /** Expected calibration error, over `reliability`. */
  readonly ece: number;
  readonly reliability: readonly ReliabilityBin[];
  /** The classes with images, ascending. */
  readonly perClass: readonly ClassResult[];
  readonly confusion: ConfusionMatrix;
  /** The mistakes of the highest probability, most confident first. */
  readonly mistakes: readonly Mistake[];
}

const TOP = 5;
/** Enough to show what a model gets wrong. */
const MISTAKES_KEPT = 60;

interface ClassTally {
  images: number;
  top1: number;
  top5: number;
}

/** Accumulates a classifier's results image by image; memory does not grow with their number. */
export class ClassificationEvaluator {
  readonly #classCount: number;
  readonly #calibration = new Calibration();
  readonly #confusion = new ConfusionCounts();
  readonly #mistakes = new MostConfidentMistakes(MISTAKES_KEPT);
  readonly #tallies = new Map<number, ClassTally>();
  #lossSum = 0;

  /** @param classCount K */
  constructor(classCount: number) {
    this.#classCount = classCount;
  }

  /**
   * Adds an image.
   *
   * @param logits of the K classes, before softmax; log-probabilities work too
   * @param label index of the true class
   * @param image index in the data set, to find a mistake again
   * @throws ResnetCocoError BAD_RESULTS when there are not K logits, a logit is not finite, or the label is not a class
   */
  add(logits: ArrayLike<number>, label: number, image: number): void {
    this.#check(logits, label, image);
    const prediction = greatest(logits);
    let sum = 0;
    for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - logits[prediction]);
    const confidence = 1 / sum;
    const right = prediction === label;
    this.#lossSum += Math.log(sum) + logits[prediction] - logits[label];
    this.#calibration.add(confidence, right);
    this.#confusion.add(label, prediction);
    const tally = this.#tallies.get(label) ?? { images: 0, top1: 0, top5: 0 };
    this.#tallies.set(label, tally);
    tally.images++;
    if (right) tally.top1++;
    if (rank(logits, label) < TOP) tally.top5++;
    if (right) return;
    const labelProbability = Math.exp(logits[label] - logits[prediction]) / sum;
    this.#mistakes.add({ image, label, prediction, probability: confidence, labelProbability });
  }

  result(): ClassificationResult {
    const confusion = this.#confusion.matrix();
    const perClass = [...this.#tallies]
      .sort(([a], [b]) => a - b)
      .map(([index, tally]) => classResult(index, tally, timesPredicted(confusion, index)));
    const tallies = [...this.#tallies.values()];
    const sum = (key: keyof ClassTally) => tallies.reduce((total, tally) => total + tally[key], 0);
    const images = sum('images');
    const reliability = this.#calibration.bins();
    return {
      images,
      top1: sum('top1') / images,
      top5: sum('top5') / images,
      balancedAccuracy: perClass.reduce((total, { top1 }) => total + top1, 0) / perClass.length,
      nll: this.#lossSum / images,
      ece: expectedCalibrationError(reliability),
      reliability,
      perClass,
      confusion,
      mistakes: this.#mistakes.list(),
    };
  }

  #check(logits: ArrayLike<number>, label: number, image: number): void {
    const bad = (problem: string) => new ResnetCocoError('BAD_RESULTS', `image ${image}: ${problem}`);
    if (logits.length !== this.#classCount) throw bad(`${logits.length} logits; expected ${this.#classCount}`);
    if (!(Number.isInteger(label) && label >= 0 && label < this.#classCount)) {
      throw bad(`label ${label}; expected a class from 0 to ${this.#classCount - 1}`);
    }
    for (let i = 0; i < logits.length; i++) {
      if (!Number.isFinite(logits[i]))
        throw bad(`its logit of class ${i} is ${logits[i]}; the model's weights are broken`);
    }
  }
}

/** Index of the greatest value; ties go to the first. */
function greatest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Number of values before `index` in descending order; ties keep their order. */
function rank(values: ArrayLike<number>, index: number): number {
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > values[index] || (values[i] === values[index] && i < index)) before++;
  }
  return before;
}

function timesPredicted({ classes, counts }: ConfusionMatrix, index: number): number {
  const column = classes.indexOf(index);
  return counts.reduce((sum, row) => sum + row[column], 0);
}

const classResult = (index: number, { images, top1, top5 }: ClassTally, predicted: number): ClassResult => ({
  index,
  images,
  top1: top1 / images,
  top5: top5 / images,
  precision: predicted ? top1 / predicted : null,
  f1: (2 * top1) / (images + predicted),
});
