import { ResnetCocoError } from '../errors.ts';
import { checkNumber } from '../io/check-number.ts';
import { nearestNames } from '../io/nearest.ts';
import type { OptionKinds } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import { type DetectorCategory, labelOf } from './model/detector-category.ts';
import type { BoxChoice } from './ops/box-choice.ts';
import { categoryKey } from './results/match-categories.ts';
import { type Detection, isAbove } from './results/name-detections.ts';

/** Which detections are given. */
export interface FilterOptions {
  /** Names of the categories that are given; all by default. */
  readonly classes?: readonly string[];
  /** The score that detections of a category must be above, instead of `score`. */
  readonly classScore?: Readonly<Record<string, number>>;
  /** How many are given of an image, the best ones; by default as many as the model's configuration says. */
  readonly maxDetections?: number;
  /** A box is left out if a better one of its category overlaps it by more, as IoU; by default as the model says. */
  readonly nms?: number;
  /** Whether a better box of any category leaves out those that it overlaps. Default false. */
  readonly agnosticNms?: boolean;
  /** The least area of a box in pixels of the image. */
  readonly minArea?: number;
  /** Told, for each image, how many detections the filters leave out. */
  readonly onLeftOut?: (counts: LeftOutDetections) => void;
}

export const filterKinds: OptionKinds<FilterOptions> = {
  classes: 'list',
  classScore: 'object',
  maxDetections: 'checked',
  nms: 'checked',
  agnosticNms: 'boolean',
  minArea: 'checked',
  onLeftOut: 'function',
};

/** Detections above `score` that a filter leaves out, by the first filter that does. */
export interface LeftOutDetections {
  /** Of categories that are not among `classes`. */
  readonly classes: number;
  /** Not above their category's own score. */
  readonly classScore: number;
  /** Smaller than `minArea`. */
  readonly minArea: number;
  /** Beyond the best `maxDetections` of an image. */
  readonly maxDetections: number;
}

const MOST_DETECTIONS = 1e6;

/**
 * The category of a name, whatever its Unicode form and, if no other is named so, its case.
 *
 * @throws ResnetCocoError USAGE naming the nearest ones
 */
function categoryNamed(name: unknown, categories: readonly DetectorCategory[], option: string): DetectorCategory {
  const key = typeof name === 'string' ? categoryKey(name) : '';
  const exact = categories.find((category) => categoryKey(category.name) === key);
  const alike = categories.filter((category) => categoryKey(category.name).toLowerCase() === key.toLowerCase());
  const category = exact ?? (alike.length === 1 ? alike[0] : undefined);
  if (category) return category;
  const names = categories.map((one) => one.name);
  const remedy = names.length ? `the nearest are ${nearestNames(key, names, 3).join(', ')}` : 'it names no categories';
  throw new ResnetCocoError('USAGE', `${option}: the model has no category ${shownValue(name)}; ${remedy}`);
}

/** A detection, as filters see it. */
interface Candidate {
  readonly id: number;
  readonly score: number;
  readonly area: number;
}

/** Filters of the detections of one model. */
export class DetectionFilter {
  /** The least score that any category needs. */
  readonly least: number;
  readonly #options: FilterOptions;
  readonly #score: number;
  readonly #wanted: ReadonlySet<number> | undefined;
  readonly #scores: ReadonlyMap<number, number>;
  /** By label of the network: the category's id. */
  readonly #ids: ReadonlyMap<number, number>;

  /**
   * @param score that detections are above where their category has no other
   * @throws ResnetCocoError USAGE for a setting that is none, or a category that the model does not have
   */
  constructor(options: FilterOptions, categories: readonly DetectorCategory[], score: number) {
    const { classes, classScore = {}, maxDetections, minArea, nms } = options;
    checkNumber('score', score, 0, 1);
    checkNumber('maxDetections', maxDetections, 1, MOST_DETECTIONS, true);
    checkNumber('minArea', minArea, 0, Infinity);
    checkNumber('nms', nms, 0, 1);
    this.#options = options;
    this.#score = score;
    this.#ids = new Map(categories.map((category) => [labelOf(category), category.id]));
    this.#wanted = classes && new Set(classes.map((name) => categoryNamed(name, categories, 'classes').id));
    const scores = Object.entries(classScore).map(([name, own]) => {
      checkNumber(`classScore of ${name}`, own, 0, 1);
      return [categoryNamed(name, categories, 'classScore').id, own] as const;
    });
    this.#scores = new Map(scores);
    this.least = Math.min(score, ...this.#scores.values());
  }

  #idOf(label: number): number {
    return this.#ids.get(label) ?? label;
  }

  /** The score that detections of a category are above. */
  scoreOf = (id: number): number => this.#scores.get(id) ?? this.#score;

  #isAsked(id: number, score: number): boolean {
    return (!this.#wanted || this.#wanted.has(id)) && isAbove(score, this.scoreOf(id));
  }

  /** Why a detection is left out, apart from better ones; undefined for one that stays, `score` for one below all scores. */
  #reason({ area, id, score }: Candidate): keyof LeftOutDetections | 'score' | undefined {
    if (this.#wanted && !this.#wanted.has(id)) return isAbove(score, this.#score) ? 'classes' : 'score';
    if (!isAbove(score, this.scoreOf(id))) return isAbove(score, this.#score) ? 'classScore' : 'score';
    return area < (this.#options.minArea ?? 0) ? 'minArea' : undefined;
  }

  /** Places of the candidates that stay, and of those the best; the others are counted. @param most of an image */
  #chosen(candidates: readonly Candidate[], most: number): number[] {
    const counts = { classes: 0, classScore: 0, minArea: 0, maxDetections: 0 };
    const places: number[] = [];
    for (const [place, candidate] of candidates.entries()) {
      const reason = this.#reason(candidate);
      if (reason === undefined) places.push(place);
      else if (reason !== 'score') counts[reason]++;
    }
    if (this.#options.maxDetections !== undefined) counts.maxDetections = Math.max(places.length - most, 0);
    if (Object.values(counts).some((count) => count > 0)) this.#options.onLeftOut?.(counts);
    return places.slice(0, most);
  }

  /** Whether a model is to give all that is above its score. */
  get #isIdle(): boolean {
    const { maxDetections, minArea } = this.#options;
    return !this.#wanted && !this.#scores.size && minArea === undefined && maxDetections === undefined;
  }

  /** Suppression alone, for images that are looked at in parts or several times; `apply` comes after. */
  get suppression(): BoxChoice {
    const { agnosticNms, nms } = this.#options;
    // What is not asked for must not suppress what is.
    const groupOf = (label: number, score: number) => (this.#isAsked(this.#idOf(label), score) ? 0 : label + 1);
    return { nmsThresh: nms, ...(agnosticNms && { groupOf }) };
  }

  /** All that a model is asked for. */
  get choice(): BoxChoice {
    const { maxDetections: most = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#isIdle) return this.suppression;
    return {
      ...this.suppression,
      detectionsPerImage: this.#options.maxDetections,
      keep: ({ boxes, labels, scores }) => {
        const candidates = Array.from(labels, (label, i): Candidate => {
          const area = (boxes[4 * i + 2] - boxes[4 * i]) * (boxes[4 * i + 3] - boxes[4 * i + 1]);
          return { id: this.#idOf(label), score: scores[i], area };
        });
        return Int32Array.from(this.#chosen(candidates, most));
      },
    };
  }

  /** Detections that are asked for, apart from their number and size, and the others. */
  split(detections: readonly Detection[]): readonly [asked: Detection[], others: Detection[]] {
    const isAsked = ({ category_id: id, score }: Detection) => this.#isAsked(id, score);
    return [detections.filter(isAsked), detections.filter((detection) => !isAsked(detection))];
  }

  /** The detections of an image that stay. @param detections highest score first */
  apply(detections: readonly Detection[]): Detection[] {
    const candidates = detections.map(({ bbox: [, , width, height], category_id: id, score }): Candidate => {
      return { id, score, area: width * height };
    });
    const most = this.#options.maxDetections ?? Number.POSITIVE_INFINITY;
    return this.#chosen(candidates, most).map((place) => detections[place]);
  }
}
