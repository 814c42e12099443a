import { DetectionFilter } from '../detection/filters.ts';
import type { DetectorConfig, FilterOptions, SlicingOptions } from '../detection/index.ts';
import { classScoreOf, tileSizeOf } from '../detection/option-texts.ts';
import { overlapMetrics } from '../detection/slicing/box-overlap.ts';
import { mergeMethods } from '../detection/slicing/non-maximum-merging.ts';
import { ResnetCocoError } from '../errors.ts';
import { MOST } from '../io/bounds.ts';
import { numberOf } from './number-parameter.ts';
import { echoed, Problem } from './problem.ts';

/** What a request says of the detections that it wants, and of tiles. */
export interface DetectParameters {
  readonly filters: Omit<FilterOptions, 'onLeftOut'>;
  /** How the images are looked at in tiles, if they are. */
  readonly slicing: SlicingOptions | undefined;
}

/** The names of these parameters. */
export const detectParameterNames = [
  ...['classes', 'class_score', 'max_detections', 'nms', 'agnostic_nms', 'min_area'],
  ...['slice', 'overlap', 'whole', 'merge', 'merge_metric', 'merge_threshold', 'merge_agnostic'],
] as const;

type Values = Readonly<Record<string, unknown>>;

/** Smaller tiles of a large image would be hundreds of thousands, for one answer. */
const LEAST_SIDE = 64;
const MOST_SIDE = 4096;
const MOST_OVERLAP = 0.5;

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

/** @throws BAD_REQUEST when a parameter is none, or is for tiles and there are none */
export function detectParameters(values: Values): DetectParameters {
  return { filters: filtersOf(values), slicing: slicingOf(values) };
}

/** Checks the parts of the filters that depend on the model. @throws BAD_REQUEST for a category that it does not have */
export function checkFilters({ filters }: DetectParameters, { categories }: Pick<DetectorConfig, 'categories'>): void {
  try {
    new DetectionFilter(filters, categories, 0);
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    throw new Problem('BAD_REQUEST', error.message);
  }
}

function filtersOf(values: Values): DetectParameters['filters'] {
  const [classes, scores] = [namesOf('classes', values.classes), namesOf('class_score', values.class_score)];
  const maxDetections = numberOf('max_detections', values.max_detections, 1, 10_000, true);
  const nms = numberOf('nms', values.nms, 0, 1, false);
  const minArea = numberOf('min_area', values.min_area, 0, MOST.area, false);
  return {
    ...(classes && { classes }),
    ...(scores && { classScore: Object.fromEntries(scores.map(scoreOf)) }),
    ...(maxDetections !== undefined && { maxDetections }),
    ...(nms !== undefined && { nms }),
    ...(isTrue('agnostic_nms', values.agnostic_nms) && { agnosticNms: true }),
    ...(minArea !== undefined && { minArea }),
  };
}

/** `person=0.7` */
function scoreOf(text: string): readonly [name: string, score: number] {
  const entry = classScoreOf(text);
  if (entry) return entry;
  throw new Problem('BAD_REQUEST', `class_score must be NAME=P, P from 0 to 1, not ${echoed(text)}`);
}

/** Names with commas between them, or a list of names. */
function namesOf(name: string, value: unknown): string[] | undefined {
  if (!isGiven(value)) return undefined;
  const names = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
  const isList = Array.isArray(names) && names.every((one) => typeof one === 'string' && one !== '');
  if (isList) return names as string[];
  throw new Problem('BAD_REQUEST', `${name} must be names with commas between them, not ${echoed(value)}`);
}

function isTrue(name: string, value: unknown): boolean {
  if (!isGiven(value) || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw new Problem('BAD_REQUEST', `${name} must be true or false, not ${echoed(value)}`);
}

function oneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T | undefined {
  if (!isGiven(value)) return undefined;
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw new Problem('BAD_REQUEST', `${name} must be one of ${words.join(', ')}, not ${echoed(value)}`);
}

function slicingOf(values: Values): SlicingOptions | undefined {
  const slice = sliceOf(values.slice);
  const overlap = numberOf('overlap', values.overlap, 0, MOST_OVERLAP, false);
  const merge = oneOf('merge', values.merge, mergeMethods);
  const mergeMetric = oneOf('merge_metric', values.merge_metric, overlapMetrics);
  const mergeThreshold = numberOf('merge_threshold', values.merge_threshold, 0.01, 1, false);
  const mergeAgnostic = isTrue('merge_agnostic', values.merge_agnostic);
  const isWhole = !isGiven(values.whole) || isTrue('whole', values.whole);
  if (slice === undefined) {
    const ofTiles = ['overlap', 'whole', 'merge', 'merge_metric', 'merge_threshold', 'merge_agnostic'];
    const unused = ofTiles.find((name) => isGiven(values[name]));
    if (unused === undefined) return undefined;
    throw new Problem('BAD_REQUEST', `${unused} is for images in tiles: give their size, such as slice=640`);
  }
  return {
    ...{ slice, whole: isWhole, mergeAgnostic },
    ...(overlap !== undefined && { overlap }),
    ...(merge && { merge }),
    ...(mergeMetric && { mergeMetric }),
    ...(mergeThreshold !== undefined && { mergeThreshold }),
  };
}

/** `640` or `640x480` */
function sliceOf(value: unknown): readonly [width: number, height: number] | undefined {
  if (!isGiven(value)) return undefined;
  const sides = tileSizeOf(`${value}`);
  if (sides?.every((side) => side >= LEAST_SIDE && side <= MOST_SIDE)) return sides;
  const wanted = `the side of a tile in pixels, or WIDTHxHEIGHT, from ${LEAST_SIDE} to ${MOST_SIDE}`;
  throw new Problem('BAD_REQUEST', `slice must be ${wanted}, not ${echoed(value)}`);
}
