import type { FilterOptions, LeftOutDetections } from '../../detection/index.ts';
import { classScoreOf } from '../../detection/option-texts.ts';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';
import { defined } from '../terminal/shared-flags.ts';
import { counted } from '../terminal/table.ts';

/** Flags of every command that detects: what is kept. */
export const filterFlags = {
  classes: {
    kind: 'text',
    group: 'What is kept',
    value: 'NAME,…',
    help: 'only objects of these categories, such as person,dog',
  },
  'class-score': {
    kind: 'texts',
    group: 'What is kept',
    value: 'NAME=P,…',
    help: 'the score that objects of a category must be above, such as person=0.7; may be repeated',
  },
  'max-detections': {
    kind: 'integer',
    group: 'What is kept',
    value: 'N',
    min: 1,
    max: 1_000_000,
    help: "at most so many objects of an image, the best ones (default: the model's own limit)",
  },
  nms: {
    kind: 'number',
    group: 'What is kept',
    value: 'P',
    min: 0,
    max: 1,
    help: "leave out a box that a better one of its category overlaps by more, as IoU (default: the model's own)",
  },
  'agnostic-nms': {
    kind: 'boolean',
    group: 'What is kept',
    help: 'a better box of any category leaves out those that it overlaps',
  },
  'min-area': {
    kind: 'number',
    group: 'What is kept',
    value: 'PIXELS',
    min: 0,
    max: MOST.area,
    help: 'only objects whose box has at least this area',
  },
} as const satisfies FlagTable;

/** The names of a list. @throws USAGE when one is empty */
function namesOf(flag: string, text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new ResnetCocoError('USAGE', `--${flag} wants names with commas between them, got '${text}'`);
  }
  return names;
}

/** @throws USAGE when one is not of the form NAME=P */
function scoresOf(texts: readonly string[]): Record<string, number> {
  const entries = texts
    .flatMap((text) => namesOf('class-score', text))
    .map((text) => {
      const entry = classScoreOf(text);
      if (entry) return entry;
      throw new ResnetCocoError(
        'USAGE',
        `--class-score wants NAME=P, P from 0 to 1, such as person=0.7, got '${text}'`,
      );
    });
  return Object.fromEntries(entries);
}

/**
 * What the flags say is kept.
 *
 * @throws USAGE when a list of names is none
 */
export function filtersOf(flags: FlagValues<typeof filterFlags>): Omit<FilterOptions, 'onLeftOut'> {
  const { classes, nms } = flags;
  const scores = flags['class-score'];
  return defined({
    classes: classes === undefined ? undefined : namesOf('classes', classes),
    classScore: scores.length ? scoresOf(scores) : undefined,
    maxDetections: flags['max-detections'],
    nms,
    agnosticNms: flags['agnostic-nms'] || undefined,
    minArea: flags['min-area'],
  });
}

/** Adds up what filters leave out of images. */
export class LeftOutCount {
  readonly #total: Record<keyof LeftOutDetections, number> = {
    classes: 0,
    classScore: 0,
    minArea: 0,
    maxDetections: 0,
  };

  readonly add = (counts: LeftOutDetections): void => {
    for (const name of ['classes', 'classScore', 'minArea', 'maxDetections'] as const)
      this.#total[name] += counts[name];
  };

  /** In words; undefined where nothing was left out. @param score that the counted detections are above */
  words(score: number): string | undefined {
    const { classScore, classes, maxDetections, minArea } = this.#total;
    const parts = [
      classes && `${classes} of other categories (--classes)`,
      classScore && `${classScore} not above the score of their category (--class-score)`,
      minArea && `${minArea} smaller than --min-area`,
      maxDetections && `${maxDetections} beyond --max-detections of their image`,
    ].filter(Boolean);
    if (!parts.length) return undefined;
    const all = classScore + classes + maxDetections + minArea;
    return `left out ${counted(all, 'detection')} of a score above ${score}: ${parts.join(', ')}`;
  }
}
