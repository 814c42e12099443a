import { isRoundedId, roundedIdProblem } from '../../datasets/detection/coco/exact-id.ts';
import type { CocoResult, CocoSegmentation, ImageId } from '../../datasets/index.ts';
import { rleArea, rleToBbox } from '../../datasets/masks/rle.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import { readJsonParts } from '../../io/json/large-json.ts';
import type { TakeElement } from '../../io/json/part-reader.ts';
import { filePath, statsOf } from '../../io/regular-file.ts';
import { type AnnotationTable, GrowingTable } from './annotation-table.ts';
import { BoxScanner } from './box-scanner.ts';
import { MaskSizes } from './oddities.ts';
import { resultWarnings } from './result-warnings.ts';

/** What results describe each object with. */
export type ResultKind = 'bbox' | 'segmentation' | 'keypoints';

/** What results refer to in the ground truth. */
export interface ResultContext {
  /** Index of each image, by id. */
  readonly positions: ReadonlyMap<ImageId, number>;
  readonly images: readonly { readonly id: ImageId; readonly width: number; readonly height: number }[];
  readonly categories: ReadonlyMap<number, unknown>;
}

/** Results read from a file or list. */
export interface Results {
  readonly table: AnnotationTable;
  /** Undefined for an empty list. */
  readonly kind: ResultKind | undefined;
  /** Harmless oddities of the results. */
  readonly warnings: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

const SHOWN = 5;
/** Approximate minimum size of a result in a file. */
const BYTES_A_RESULT = 80;

/**
 * Reads results in COCO's format into a table, and fills in area and box as pycocotools' `loadRes` does. The kind is
 * that of the first result: `bbox`, else `segmentation`, else `keypoints`; all results must have it.
 *
 * @param source a path, or the results themselves
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
 * @throws ResnetCocoError BAD_RESULTS when a result is wrong; names the result and field
 */
export function readResults(source: string | URL | readonly CocoResult[], context: ResultContext): Results {
  const isList = Array.isArray(source);
  if (!isList && typeof source !== 'string' && !(source instanceof URL)) {
    throw new ResnetCocoError('BAD_RESULTS', `results want a list or a path, got ${shown(source)}`);
  }
  const count = isList ? source.length : Math.ceil(sizeOf(source as string | URL) / BYTES_A_RESULT);
  const reader = new ResultReader(isList ? 'results' : `${source}: results`, context, Math.max(1024, count));
  if (isList) {
    for (const [i, result] of source.entries()) reader.add(result, i);
  } else {
    for (const part of readJsonParts(source as string | URL, 'BAD_RESULTS', reader.take)) {
      if (part.field !== undefined || 'value' in part) {
        const kind = part.field === undefined ? 'a single value' : `an object with the field '${part.field}'`;
        const hint = part.field === undefined ? '' : '; annotation files are objects, but results are a list';
        throw new ResnetCocoError(
          'BAD_RESULTS',
          `${source}: is ${kind}, not a list of results [{"image_id", "category_id", "bbox", "score"}]${hint}`,
        );
      }
      part.elements.parse().forEach((result, i) => {
        reader.add(result, part.elements.first + i);
      });
    }
  }
  reader.refuseUnknownImages();
  const { kind, otherSizes, table, where } = reader;
  return { kind, table, warnings: resultWarnings({ kind, otherSizes, table, where }, context) };
}

/** The size of a file; 0 when there is none, and reading it then gives the reason. */
const sizeOf = (file: string | URL): number => statsOf(filePath(file))?.size ?? 0;

class ResultReader {
  readonly table: GrowingTable;
  kind: ResultKind | undefined;
  readonly where: string;
  readonly #context: ResultContext;
  readonly #unknownImages = new Set<unknown>();
  readonly #scanner = new BoxScanner();
  readonly otherSizes = new MaskSizes();

  constructor(where: string, context: ResultContext, capacity: number) {
    this.table = new GrowingTable(undefined, capacity);
    this.where = where;
    this.#context = context;
  }

  /** Adds a plain box that is still text; all else is parsed to an object. */
  readonly take: TakeElement = (bytes, begin, end) => {
    const scanner = this.#scanner;
    const after = scanner.scan(bytes, begin, end);
    if (after < 0 || (this.kind ?? 'bbox') !== 'bbox') return -1;
    const image = this.#context.positions.get(scanner.imageId);
    if (image === undefined || !Number.isSafeInteger(scanner.categoryId) || !scanner.isWithin(MOST.detection))
      return -1;
    this.kind = 'bbox';
    this.table.addBox(image, scanner.categoryId, scanner.box, scanner.score);
    return after;
  };

  add(result: unknown, index: number): void {
    if (typeof result !== 'object' || result === null || Array.isArray(result)) {
      this.#fail(index, `is ${shown(result)}, not an object`);
    }
    this.#addOne(result as Raw, index);
  }

  refuseUnknownImages(): void {
    const { size } = this.#unknownImages;
    if (!size) return;
    const names = [...this.#unknownImages].slice(0, SHOWN).map((id) => JSON.stringify(id));
    const first = this.#context.positions.keys().next().value;
    const types = `; these are ${typesOf(this.#unknownImages)}, and its ids are ${typesOf([first])}, such as ${JSON.stringify(first)}`;
    throw new ResnetCocoError(
      'BAD_RESULTS',
      `${this.where} have ${size} image_id that the annotations lack: ${names.join(', ')}${size > SHOWN ? ' …' : ''}${first === undefined ? '' : types}. ` +
        'Results and annotations must belong to the same set of images',
    );
  }

  #addOne(result: Raw, index: number): void {
    const { image_id, category_id, score } = result;
    if (isRoundedId(image_id)) this.#fail(index, `image_id is read as ${image_id}: ${roundedIdProblem(true)}`);
    if (isRoundedId(category_id)) this.#fail(index, `category_id is read as ${category_id}: ${roundedIdProblem()}`);
    const image = this.#context.positions.get(image_id as ImageId);
    if (image === undefined) {
      if (typeof image_id !== 'number' && typeof image_id !== 'string')
        this.#wants(index, 'image_id', image_id, 'an id');
      this.#unknownImages.add(image_id);
      return;
    }
    const category = this.#number(category_id, index, 'category_id');
    const row = { image, category, score: this.#number(score, index, 'score') };
    this.otherSizes.add(result.segmentation, this.#context.images[image], `results[${index}]`);
    this.kind ??= kindOf(result);
    switch (this.kind) {
      case 'bbox': {
        const box = this.#numbers(result.bbox, index, 'bbox', 4);
        const segmentation = result.segmentation as CocoSegmentation | undefined;
        const keypoints = this.#keypointsBeside(result.keypoints, index);
        this.table.add({ ...row, box, area: box[2] * box[3], segmentation, keypoints });
        return;
      }
      case 'segmentation': {
        const segmentation = result.segmentation as CocoSegmentation;
        const { width, height } = this.#context.images[image];
        const rle = this.#mask(segmentation, width, height, index);
        const box = hasBox(result) ? this.#numbers(result.bbox, index, 'bbox', 4) : rleToBbox(rle);
        const keypoints = this.#keypointsBeside(result.keypoints, index);
        this.table.add({ ...row, box, area: rleArea(rle), segmentation, keypoints });
        return;
      }
      case 'keypoints': {
        const keypoints = this.#numbers(result.keypoints, index, 'keypoints');
        if (!keypoints.length || keypoints.length % 3) {
          this.#fail(index, `keypoints has ${keypoints.length} numbers, not three per point`);
        }
        const { box, area } = extent(keypoints);
        this.table.add({ ...row, box, area, keypoints });
        return;
      }
      default:
        this.#fail(index, "has neither 'bbox' nor 'segmentation' nor 'keypoints'");
    }
  }

  /** Keypoints of results whose area comes from their boxes or masks. */
  #keypointsBeside(keypoints: unknown, index: number): readonly number[] | undefined {
    return keypoints === undefined ? undefined : this.#numbers(keypoints, index, 'keypoints');
  }

  #mask(segmentation: CocoSegmentation | undefined, width: number, height: number, index: number) {
    if (typeof segmentation !== 'object' || segmentation === null) {
      this.#wants(index, 'segmentation', segmentation, 'a run-length encoded mask');
    }
    try {
      return toRle(segmentation as CocoSegmentation, height, width);
    } catch (error) {
      return this.#fail(index, `segmentation: ${(error as Error).message}`);
    }
  }

  #number(value: unknown, index: number, field: string): number {
    if (typeof value !== 'number' || !Number.isFinite(value)) this.#wants(index, field, value, 'a finite number');
    return value as number;
  }

  #numbers(value: unknown, index: number, field: string, count?: number): readonly number[] {
    if (!Array.isArray(value) || (count !== undefined && value.length !== count)) {
      this.#wants(index, field, value, `a list of ${count === undefined ? '' : `${count} `}numbers`);
    }
    for (const number of value as unknown[]) {
      if (typeof number !== 'number' || !Number.isFinite(number)) {
        this.#wants(index, field, value, 'finite numbers only');
      }
      if (!isCoordinate(number))
        this.#wants(index, field, value, `numbers from -${MOST.detection} to ${MOST.detection}`);
    }
    return value as readonly number[];
  }

  #wants(index: number, field: string, value: unknown, wanted: string): never {
    return this.#fail(index, `${field} wants ${wanted}, got ${shown(value)}`);
  }

  #fail(index: number, problem: string): never {
    throw new ResnetCocoError('BAD_RESULTS', `${this.where}[${index}] ${problem}`);
  }
}

/** The types of ids: numbers, texts or both. */
const typesOf = (ids: Iterable<unknown>): string => {
  const types = new Set([...ids].map((id) => (typeof id === 'string' ? 'texts' : 'numbers')));
  return [...types].join(' and ');
};

const isCoordinate = (value: number): boolean => Math.abs(value) <= MOST.detection;

function kindOf(result: Raw): ResultKind | undefined {
  if (hasBox(result)) return 'bbox';
  if (result.segmentation !== undefined) return 'segmentation';
  return result.keypoints === undefined ? undefined : 'keypoints';
}

/** An empty list counts as missing, as in pycocotools. */
const hasBox = ({ bbox }: Raw): boolean => bbox !== undefined && !(Array.isArray(bbox) && !bbox.length);

/** The box around keypoints, visible or not. */
function extent(keypoints: readonly number[]): { readonly box: readonly number[]; readonly area: number } {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < keypoints.length; i += 3) {
    x0 = Math.min(x0, keypoints[i]);
    x1 = Math.max(x1, keypoints[i]);
    y0 = Math.min(y0, keypoints[i + 1]);
    y1 = Math.max(y1, keypoints[i + 1]);
  }
  return { box: [x0, y0, x1 - x0, y1 - y0], area: (x1 - x0) * (y1 - y0) };
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
