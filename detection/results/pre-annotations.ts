import { join } from 'node:path';
import { writeCsv } from '../../datasets/detection/csv/write-csv.ts';
import { type WrittenFolder, writeDatasetFolder } from '../../datasets/detection/dataset-folder.ts';
import { writeLabelStudio } from '../../datasets/detection/label-studio/write-label-studio.ts';
import { writeLabelme } from '../../datasets/detection/labelme/write-labelme.ts';
import { annotationStems, checkNames, OutputFolder } from '../../datasets/detection/output-folder.ts';
import { countedLost, lostBesideBoxes } from '../../datasets/detection/what-is-lost.ts';
import type { CocoAnnotation, CocoCategory, CocoDataset, CocoImage, ImageId } from '../../datasets/index.ts';
import { maskPolygons } from '../../datasets/masks/mask-path.ts';
import { makeFolder } from '../../io/whole-file.ts';
import type { DetectorCategory } from '../model/detector-category.ts';
import type { DetectedImage, PlannedImage } from './detection-folder.ts';
import type { Detection } from './name-detections.ts';

/** Files that tools for annotation import. */
export const annotationFormats = ['coco', 'yolo', 'voc', 'csv', 'labelme', 'label-studio'] as const;
export type AnnotationFormat = (typeof annotationFormats)[number];

/** What was written for an annotation tool. */
export interface WrittenAnnotations {
  readonly folder: string;
  readonly images: number;
  readonly objects: number;
  /** What the format cannot store, such as `12 scores`. */
  readonly lost: readonly string[];
}

/** Whose detections they are. */
interface NamedModel {
  readonly name: string;
  readonly categories: readonly DetectorCategory[];
}

/**
 * Detections as annotations for people to correct, in a folder of its own in `out`, with the images as links. The
 * categories are all of the model's.
 */
export class PreAnnotations {
  readonly #format: AnnotationFormat;
  readonly #folder: string;
  readonly #planned: ReadonlyMap<string, { readonly id: ImageId; readonly name: string }>;
  readonly #categories: readonly CocoCategory[];
  readonly #model: string;
  readonly #images: CocoImage[] = [];
  readonly #annotations: CocoAnnotation[] = [];
  readonly #files = new Map<ImageId, string>();
  #holes = 0;

  private constructor(format: AnnotationFormat, folder: string, images: readonly PlannedImage[], model: NamedModel) {
    this.#format = format;
    this.#folder = folder;
    // Ids as in images.json, if all have one.
    const haveIds = images.every(({ id }) => id !== undefined);
    this.#planned = new Map(images.map(({ file, id, name }, place) => [file, { name, id: haveIds ? id! : place + 1 }]));
    this.#model = model.name;
    this.#categories = model.categories.map(({ id, keypoints, name, skeleton }) => ({
      ...{ id, name },
      ...(keypoints && { keypoints }),
      ...(skeleton && { skeleton: skeleton as CocoCategory['skeleton'] }),
    })) as CocoCategory[];
  }

  /**
   * @param out the folder of the results, in which one of the format's name is made
   * @throws ResnetCocoError BAD_DATASET when the format cannot store a name
   * @throws ResnetCocoError FILE_NOT_WRITABLE when the format's folder has files already
   */
  static async create(
    format: AnnotationFormat,
    out: string,
    images: readonly PlannedImage[],
    model: NamedModel,
  ): Promise<PreAnnotations> {
    const folder = join(out, format);
    // What would fail at the end fails before the first image.
    await new OutputFolder(folder).checkEmpty();
    if (format === 'yolo' || format === 'voc' || format === 'labelme') annotationStems(images.map(({ name }) => name));
    if (format === 'yolo' || format === 'voc') checkNames(model.categories.map(({ name }) => name));
    return new PreAnnotations(format, folder, images, model);
  }

  /** Where they are written. */
  get folder(): string {
    return this.#folder;
  }

  /** Takes the detections of an image. */
  add({ file, height, width }: DetectedImage, detections: readonly Detection[]): void {
    const { id, name } = this.#planned.get(file)!;
    this.#images.push({ id, file_name: name, width, height });
    this.#files.set(id, file);
    for (const detection of detections) this.#annotations.push(this.#annotationOf(detection, id));
  }

  #annotationOf({ bbox, category_id, keypoints, mask, score }: Detection, image_id: ImageId): CocoAnnotation {
    const { holes, polygons } = mask ? maskPolygons(mask.rle) : { holes: 0, polygons: [] };
    this.#holes += holes;
    return {
      ...{ id: this.#annotations.length + 1, image_id, category_id, bbox },
      area: mask?.area ?? bbox[2] * bbox[3],
      ...{ iscrowd: 0, score },
      ...(polygons.length && { segmentation: polygons }),
      ...(keypoints && {
        keypoints: keypoints.flatMap(([x, y]) => [x, y, 2]),
        num_keypoints: keypoints.length,
      }),
    };
  }

  /** @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written */
  async write(): Promise<WrittenAnnotations> {
    const dataset = { images: this.#images, annotations: this.#annotations, categories: this.#categories };
    const holes = this.#format === 'csv' ? [] : countedLost(this.#holes, 'hole of a mask', 'holes of masks');
    const lost = [...(await this.#writeFormat(dataset)), ...holes];
    return { folder: this.#folder, images: dataset.images.length, objects: dataset.annotations.length, lost };
  }

  /** @returns what the format cannot store */
  async #writeFormat(dataset: CocoDataset): Promise<readonly string[]> {
    const folder = this.#folder;
    switch (this.#format) {
      case 'csv':
        await makeFolder(folder);
        await writeCsv(join(folder, 'detections.csv'), dataset);
        return lostBesideBoxes(dataset.annotations);
      case 'labelme':
        await writeLabelme(folder, dataset);
        await this.#linkImages(folder);
        return [];
      case 'label-studio':
        await makeFolder(folder);
        await writeLabelStudio(folder, dataset, this.#model);
        await this.#linkImages(join(folder, 'images'));
        return [];
      default:
        return await this.#writeDataset(this.#format, dataset);
    }
  }

  async #linkImages(folder: string): Promise<void> {
    const out = new OutputFolder(folder);
    for (const { file_name, id } of this.#images) await out.link(this.#files.get(id)!, file_name);
  }

  async #writeDataset(format: 'coco' | 'voc' | 'yolo', dataset: CocoDataset): Promise<readonly string[]> {
    const { annotations } = dataset;
    // YOLO has an object as a box or as one polygon; images of both kinds are read as neither.
    const polygons = format === 'yolo' && annotations.every(({ segmentation }) => isOnePolygon(segmentation));
    const options = { format, files: this.#files, copyImages: false, polygons };
    const { lost }: WrittenFolder = await writeDatasetFolder(this.#folder, [{ dataset }], options);
    return format === 'yolo' ? [...lost, ...countedLost(annotations.length, 'score', 'scores')] : lost;
  }
}

const isOnePolygon = (segmentation: CocoAnnotation['segmentation']): boolean =>
  Array.isArray(segmentation) && segmentation.length === 1;
