// K classes.
import { ResnetCocoError } from '../../errors.ts';
import { Calibration, expectedCalibrationError, type ReliabilityBin } from './calibration.ts';
import { ConfusionCounts, type ConfusionMatrix } from './confusion.ts';
import { type Mistake, MostConfidentMistakes } from './mistakes.ts';

/** How well one class is told; all measures are 0–1. */
export interface ClassResult {
  readonly index: number;
  /** Images that show it. */
  readonly images: number;
  /** Share of them that were taken for it: its accuracy, or recall. */
  readonly top1: number;
  /** Share of them where it was among the five most probable classes. */
  readonly top5: number;
  /** Share of what was taken for it that shows it; null where nothing was. */
  readonly precision: number | null;
  /** Harmonic mean of recall and precision. */
  readonly f1: number;
}

/** What a classifier is worth on a data set. Without a single image, the means are NaN. */
export interface ClassificationResult {
  readonly images: number;
  /** Share of images whose most probable class is right. */
  readonly top1: number;
  /** Share of images whose class is among the five most probable. */
  readonly top5: number;
  /** Mean of the classes' accuracies: unlike `top1` it does not favour frequent classes. */
  readonly balancedAccuracy: number;
  /** Mean negative log likelihood, in nats. */
  readonly nll: number;
  /** Expected calibration error, over `reliability`. */
  readonly ece: number;
  readonly reliability: readonly ReliabilityBin[];
  /** Of the classes that have images, ascending. */
  readonly perClass: readonly ClassResult[];
  readonly confusion: ConfusionMatrix;
  /** Mistakes of the highest probability, most confident first. */
  readonly mistakes: readonly Mistake[];
}

const TOP = 5;
/** Enough to see what a model gets wrong. */
const MISTAKES_KEPT = 60;

interface ClassTally {
  images: number;
  top1: number;
  top5: number;
}

/** Gathers what a classifier says of images, one by one, in memory that does not grow with their number. */
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
   * @param logits of the K classes, before softmax; the logarithms of probabilities above 0 are logits too
   * @param label index of the class it shows
   * @param image its place in the data set, by which a mistake is found again
   * @throws ResnetCocoError BAD_RESULTS for other than K logits, logits that are not finite, or a label that is no class
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

/** Index of the greatest; the first of equals. */
function greatest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** How many come before `index` in descending order, where equals keep theirs. */
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
