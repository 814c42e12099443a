import type { ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import type { COCOeval } from '../../eval/cocoeval/coco-eval.ts';
import { nearestName } from '../../io/nearest.ts';
import type { FlagTable, FlagValues } from '../terminal/flags.ts';

/** What is evaluated, and how, where that is not COCO's standard. */
export const evaluationFlags = {
  'iou-thresholds': {
    kind: 'text',
    value: 'T,…',
    group: 'Settings',
    help: 'thresholds of IoU or OKS at which a detection matches (default: .5 to .95 in steps of .05)',
  },
  'max-dets': {
    kind: 'text',
    value: 'N,N,N',
    group: 'Settings',
    help: 'limits on the detections of an image and category (default: 1,10,100)',
  },
  area: {
    kind: 'texts',
    value: 'NAME:MIN-MAX',
    group: 'Settings',
    help: 'a range of areas in square pixels, such as tiny:0-256; named small, medium or large it replaces that range, else it is printed besides',
  },
  categories: { kind: 'text', value: 'NAME,…', group: 'Settings', help: 'only these categories, by name or id' },
  'image-ids': { kind: 'text', value: 'ID,…', group: 'Settings', help: 'only these images' },
  'class-agnostic': { kind: 'boolean', group: 'Settings', help: 'all categories count as one' },
  'best-threshold': {
    kind: 'boolean',
    group: 'Settings',
    help: 'also F1, precision and recall at the best score threshold, and oLRP, at IoU .5',
  },
} as const satisfies FlagTable;

type EvaluationFlags = FlagValues<typeof evaluationFlags>;

const usage = (flag: string, wanted: string, got: string): ResnetCocoError =>
  new ResnetCocoError('USAGE', `--${flag} wants ${wanted}, got '${got}'`);

/** @returns what changes an evaluation's settings; undefined where they are the standard ones */
export function settingsOf(flags: EvaluationFlags): ((e: COCOeval) => void) | undefined {
  const thresholds = numbersOf(
    'iou-thresholds',
    flags['iou-thresholds'],
    'numbers above 0 and up to 1, ascending',
    (value, before) => value > 0 && value <= 1 && !(value <= before),
  );
  const limits = numbersOf(
    'max-dets',
    flags['max-dets'],
    'three whole numbers from 1 on, ascending',
    (value, before) => Number.isInteger(value) && value >= 1 && !(value <= before),
  );
  if (limits && limits.length !== 3) {
    throw usage('max-dets', 'three whole numbers from 1 on, ascending', flags['max-dets'] ?? '');
  }
  const areas = flags.area.map(areaOf);
  const { categories, 'class-agnostic': isAgnostic, 'image-ids': images } = flags;
  if (!thresholds && !limits && !areas.length && !isAgnostic && categories === undefined && images === undefined) {
    return undefined;
  }
  return (e) => {
    const { params } = e;
    if (thresholds) params.iouThrs = thresholds;
    if (limits) params.maxDets = params.iouType === 'keypoints' ? [limits[2]] : limits;
    if (categories !== undefined) params.catIds = listOf(categories).map((name) => categoryOf(e, name));
    if (images !== undefined) params.imgIds = listOf(images).map((text) => imageOf(e, text));
    if (isAgnostic) params.useCats = 0;
    for (const { name, range } of areas) {
      const at = params.areaRngLbl.indexOf(name);
      if (at < 0) {
        params.areaRngLbl = [...params.areaRngLbl, name];
        params.areaRng = [...params.areaRng, range];
      } else params.areaRng = params.areaRng.map((known, i) => (i === at ? range : known));
    }
  };
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

function numbersOf(
  flag: string,
  text: string | undefined,
  wanted: string,
  isFine: (value: number, before: number) => boolean,
): number[] | undefined {
  if (text === undefined) return undefined;
  const values = listOf(text).map(Number);
  const isWrong = values.some((value, i) => !isFine(value, i ? values[i - 1] : Number.NaN));
  if (!values.length || isWrong) throw usage(flag, wanted, text);
  return values;
}

function areaOf(text: string): { readonly name: string; readonly range: readonly [number, number] } {
  const parts = /^([^:]+):([\d.e+]+)-([\d.e+]+)$/i.exec(text);
  const [from, to] = [Number(parts?.[2]), Number(parts?.[3])];
  if (!parts || !(from < to)) throw usage('area', 'NAME:MIN-MAX, such as tiny:0-256, in square pixels', text);
  return { name: parts[1], range: [from, to] };
}

function categoryOf({ cocoGt }: COCOeval, text: string): number {
  const named = cocoGt.categories.find(({ name }) => name === text);
  if (named) return named.id;
  if (cocoGt.cats.has(Number(text))) return Number(text);
  const names = cocoGt.categories.map(({ name }) => name);
  const nearest = names.length ? `; the nearest is '${nearestName(text, names)}'` : '';
  throw new ResnetCocoError('USAGE', `--categories: the annotations have no category '${text}'${nearest}`);
}

function imageOf({ cocoGt }: COCOeval, text: string): ImageId {
  if (cocoGt.imgs.has(text)) return text;
  if (cocoGt.imgs.has(Number(text))) return Number(text);
  throw new ResnetCocoError('USAGE', `--image-ids: the annotations have no image '${text}'`);
}
