import type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  CocoRle,
  Image,
  ImageId,
} from '../../datasets/index.ts';
import { boxPolygon } from '../../datasets/masks/polygon.ts';
import type { Rle } from '../../datasets/masks/rle.ts';
import { compressed } from '../../datasets/masks/rle-string.ts';
import { rleToRows } from '../../datasets/masks/row-major.ts';
import { toRle } from '../../datasets/masks/segmentation.ts';
import { ResnetCocoError } from '../../errors.ts';
import { readJsonFile } from '../../io/json/large-json.ts';
import { checkOptions, type OptionKinds } from '../../io/options.ts';
import type { BinaryMask } from '../mask/mask.ts';
import { type AnnotationTable, annotationOf, GrowingTable } from './annotation-table.ts';
import { checkDataset } from './check-dataset.ts';
import { type ResultKind, type Results, readResults } from './results.ts';
import { type ShowAnnsOptions, showAnns } from './show-anns.ts';

type OneOrMany<T> = T | readonly T[];

/** Which annotations `getAnnIds` gives; without a field, all. */
export interface AnnotationFilter {
  readonly imgIds?: OneOrMany<ImageId>;
  readonly catIds?: OneOrMany<number>;
  /** Smallest and largest area, both exclusive. */
  readonly areaRng?: readonly [number, number];
  readonly iscrowd?: boolean;
}

/** Which categories `getCatIds` gives; without a field, all. */
export interface CategoryFilter {
  readonly catNms?: OneOrMany<string>;
  readonly supNms?: OneOrMany<string>;
  readonly catIds?: OneOrMany<number>;
}

/** Which images `getImgIds` gives; without a field, all. */
export interface ImageFilter {
  readonly imgIds?: OneOrMany<ImageId>;
  readonly catIds?: OneOrMany<number>;
}

const imageFilterKinds: OptionKinds<ImageFilter> = { imgIds: 'checked', catIds: 'checked' };
const categoryFilterKinds: OptionKinds<CategoryFilter> = { catNms: 'checked', supNms: 'checked', catIds: 'checked' };
const annotationFilterKinds: OptionKinds<AnnotationFilter> = {
  ...imageFilterKinds,
  areaRng: 'list',
  iscrowd: 'checked',
};

/**
 * Annotations or results in COCO's format: pycocotools' `COCO` (`pycocotools/coco.py`), with its names in camelCase.
 *
 * ```ts
 * const gt = await COCO.load('instances_val2017.json');
 * const dt = gt.loadRes('detections.json');
 * ```
 */
export class COCO {
  readonly images: readonly CocoImage[];
  readonly categories: readonly CocoCategory[];
  readonly imgs: ReadonlyMap<ImageId, CocoImage>;
  readonly cats: ReadonlyMap<number, CocoCategory>;
  /** Harmless oddities of the data. */
  readonly warnings: readonly string[];
  /** The kind of results; undefined for annotations and for an empty list of results. */
  readonly resultKind: ResultKind | undefined;
  /** Annotations are stored in one of two forms; the other is made on demand. */
  #objects: readonly CocoAnnotation[] | undefined;
  #columns: AnnotationTable | undefined;
  readonly #source: Omit<CocoDataset, 'annotations'>;
  #byId: ReadonlyMap<number, CocoAnnotation> | undefined;
  #byImage: ReadonlyMap<ImageId, readonly CocoAnnotation[]> | undefined;

  /**
   * @param dataset the content of an annotation file
   * @param name of the data set, for errors
   * @throws ResnetCocoError BAD_DATASET when an entry is wrong; names the entry and field
   */
  constructor(dataset: CocoDataset, name = 'the data set', results?: Results) {
    this.#source = dataset;
    if (results) {
      this.warnings = results.warnings;
      this.#columns = results.table;
    } else {
      this.warnings = checkDataset(dataset, name);
      this.#objects = dataset.annotations ?? [];
    }
    this.resultKind = results?.kind;
    this.images = dataset.images;
    this.categories = dataset.categories ?? [];
    this.imgs = new Map(this.images.map((image) => [image.id, image]));
    this.cats = new Map(this.categories.map((category) => [category.id, category]));
  }

  /**
   * Reads an annotation file of any size.
   *
   * @param source a path, a `file:` URL, or the content itself
   * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
   * @throws ResnetCocoError BAD_DATASET when it is not JSON or not annotations; names the place
   */
  static async load(source: string | URL | CocoDataset): Promise<COCO> {
    if (typeof source !== 'string' && !(source instanceof URL)) return new COCO(source);
    return new COCO(readJsonFile(source) as CocoDataset, `${source}`);
  }

  /** The content of the annotation file. */
  get dataset(): CocoDataset {
    return { ...this.#source, annotations: this.annotations };
  }

  get annotations(): readonly CocoAnnotation[] {
    if (!this.#objects) {
      const { images } = this;
      const columns = this.#columns;
      if (!columns) return [];
      const ids = images.map(({ id }) => id);
      this.#objects = Array.from({ length: columns.length }, (_, row) => annotationOf(columns, row, ids));
    }
    return this.#objects;
  }

  /** Annotations by id. */
  get anns(): ReadonlyMap<number, CocoAnnotation> {
    this.#byId ??= new Map(this.annotations.map((annotation) => [annotation.id, annotation]));
    return this.#byId;
  }

  /** The annotations of each image that has some. */
  get imgToAnns(): ReadonlyMap<ImageId, readonly CocoAnnotation[]> {
    if (!this.#byImage) {
      const byImage = new Map<ImageId, CocoAnnotation[]>();
      for (const annotation of this.annotations) {
        const known = byImage.get(annotation.image_id);
        if (known) known.push(annotation);
        else byImage.set(annotation.image_id, [annotation]);
      }
      this.#byImage = byImage;
    }
    return this.#byImage;
  }

  /** The annotations in columns, for evaluation. */
  get table(): AnnotationTable {
    this.#columns ??= tableOf(this.annotations, this.images);
    return this.#columns;
  }

  /** Ids of the annotations that pass all given filters. */
  getAnnIds(filter: AnnotationFilter = {}): number[] {
    checkOptions('getAnnIds', filter, annotationFilterKinds);
    const { imgIds, catIds, areaRng, iscrowd } = filter;
    const images = listOf(imgIds);
    const categories = new Set(listOf(catIds));
    const candidates = images.length ? images.flatMap((id) => this.imgToAnns.get(id) ?? []) : this.annotations;
    return candidates
      .filter(
        (annotation) =>
          (!categories.size || categories.has(annotation.category_id)) &&
          (!areaRng || (annotation.area > areaRng[0] && annotation.area < areaRng[1])) &&
          (iscrowd === undefined || Boolean(annotation.iscrowd) === iscrowd),
      )
      .map(({ id }) => id);
  }

  /** Ids of the categories that pass all given filters. */
  getCatIds(names: CategoryFilter = {}): number[] {
    checkOptions('getCatIds', names, categoryFilterKinds);
    const { catNms, supNms, catIds } = names;
    const passes = <T>(filter: OneOrMany<T> | undefined, value: T | undefined): boolean => {
      const wanted = listOf(filter);
      return !wanted.length || (value !== undefined && wanted.includes(value));
    };
    return this.categories
      .filter(
        ({ id, name, supercategory }) => passes(catNms, name) && passes(supNms, supercategory) && passes(catIds, id),
      )
      .map(({ id }) => id);
  }

  /** Ids of the given images that have all given categories. */
  getImgIds(filter: ImageFilter = {}): ImageId[] {
    checkOptions('getImgIds', filter, imageFilterKinds);
    const { imgIds, catIds } = filter;
    let ids = listOf(imgIds).length ? [...new Set(listOf(imgIds))] : [...this.imgs.keys()];
    for (const category of listOf(catIds)) {
      const having = new Set(
        this.annotations.filter(({ category_id }) => category_id === category).map(({ image_id }) => image_id),
      );
      ids = ids.filter((id) => having.has(id));
    }
    return ids;
  }

  /** The annotations with these ids. @throws ResnetCocoError BAD_DATASET when an id is unknown */
  loadAnns(ids: OneOrMany<number>): CocoAnnotation[] {
    return listOf(ids).map((id) => found(this.anns, id, 'annotation'));
  }

  /** The categories with these ids. @throws ResnetCocoError BAD_DATASET when an id is unknown */
  loadCats(ids: OneOrMany<number>): CocoCategory[] {
    return listOf(ids).map((id) => found(this.cats, id, 'category'));
  }

  /** The images with these ids. @throws ResnetCocoError BAD_DATASET when an id is unknown */
  loadImgs(ids: OneOrMany<ImageId>): CocoImage[] {
    return listOf(ids).map((id) => found(this.imgs, id, 'image'));
  }

  /**
   * Reads results for these images and fills in ids, areas and boxes.
   *
   * @param results a path, a `file:` URL, or the results themselves
   * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
   * @throws ResnetCocoError BAD_RESULTS when a result is wrong (names it and its field) or images are unknown (lists
   *   them)
   */
  loadRes(results: string | URL | readonly CocoResult[]): COCO {
    const positions = new Map(this.images.map(({ id }, position) => [id, position]));
    const context = { positions, images: this.images, categories: this.cats };
    return new COCO(this.#source as CocoDataset, 'results', readResults(results, context));
  }

  /**
   * The run-length encoded mask of an annotation, at the size of its image. Polygons are drawn, and so are boxes
   * without a mask.
   *
   * @throws ResnetCocoError BAD_DATASET when the mask is wrong or the image is unknown; names the annotation
   */
  annToRLE(annotation: CocoAnnotation): CocoRle {
    return compressed(this.#rleOf(annotation));
  }

  #rleOf({ bbox, id, image_id, segmentation }: CocoAnnotation): Rle {
    const place = `annotation ${id} of image ${JSON.stringify(image_id)}`;
    const image = this.imgs.get(image_id);
    if (!image) throw new ResnetCocoError('BAD_DATASET', `${place}: the data set has no such image`);
    try {
      return toRle(segmentation ?? [boxPolygon(bbox ?? [])], image.height, image.width);
    } catch (error) {
      throw new ResnetCocoError('BAD_DATASET', `${place}: segmentation: ${(error as Error).message}`, { cause: error });
    }
  }

  /** The mask of an annotation, one byte per pixel. Throws as `annToRLE` does. */
  annToMask(annotation: CocoAnnotation): BinaryMask {
    const rle = this.#rleOf(annotation);
    return { data: rleToRows(rle), height: rle.height, width: rle.width };
  }

  /**
   * Draws annotations on a copy of their image, each in its category's color.
   *
   * @param image of the size that the data set states
   * @throws ResnetCocoError BAD_DATASET when an annotation is wrong; names it
   */
  showAnns(annotations: readonly CocoAnnotation[], image: Image, options: ShowAnnsOptions = {}): Image {
    return showAnns(image, annotations, this.cats, options);
  }
}

const listOf = <T>(value: OneOrMany<T> | undefined): readonly T[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
};

function found<K, V>(map: ReadonlyMap<K, V>, id: K, what: string): V {
  const value = map.get(id);
  if (value === undefined) {
    const known = [...map.keys()].slice(0, 3).map((key) => JSON.stringify(key));
    const hint = known.length ? `; its ids begin with ${known.join(', ')}` : '; it has none';
    throw new ResnetCocoError('BAD_DATASET', `there is no ${what} ${JSON.stringify(id)} in the data set${hint}`);
  }
  return value;
}

function tableOf(annotations: readonly CocoAnnotation[], images: readonly CocoImage[]): AnnotationTable {
  const positions = new Map(images.map(({ id }, position) => [id, position]));
  const table = new GrowingTable(Float64Array.from(annotations, ({ id }) => id));
  for (const annotation of annotations) {
    const { area, bbox, category_id, image_id, iscrowd, keypoints, num_keypoints, segmentation } = annotation;
    table.add({
      image: positions.get(image_id) ?? -1,
      category: category_id,
      box: bbox ?? NO_BOX,
      area: area ?? Number.NaN,
      score: (annotation as { readonly score?: number }).score ?? 1,
      isCrowd: Boolean(iscrowd),
      isKeypointless: num_keypoints === undefined ? !hasLabeled(keypoints) : num_keypoints === 0,
      segmentation,
      keypoints,
    });
  }
  return table;
}

/** Whether any keypoint of an object is labeled; `keypoints` may be any JSON value. */
const hasLabeled = (keypoints: readonly number[] | undefined): boolean =>
  Array.isArray(keypoints) && keypoints.some((v, i) => i % 3 === 2 && v > 0);

/** Marks a missing box. */
const NO_BOX = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
