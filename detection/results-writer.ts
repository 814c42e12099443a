import type { CocoBox, ImageId } from '../datasets/index.ts';
import { JsonArrayFile } from '../datasets/json-array.ts';

/** One object, as the COCO results format has it. */
export interface CocoDetection {
  readonly category_id: number;
  readonly bbox: CocoBox;
  readonly score: number;
}

/** Writes `detections.json`, the COCO results format, image by image in constant memory. */
export class ResultsWriter {
  readonly #file: JsonArrayFile;

  private constructor(file: JsonArrayFile) {
    this.#file = file;
  }

  /** @throws {ResnetCocoError} `FILE_NOT_WRITABLE` */
  static async create(path: string): Promise<ResultsWriter> {
    return new ResultsWriter(await JsonArrayFile.create(path));
  }

  add(imageId: ImageId, detections: readonly CocoDetection[]): Promise<void> {
    return this.#file.push(
      ...detections.map(({ category_id, bbox, score }) => ({ image_id: imageId, category_id, bbox, score })),
    );
  }

  /** Closes the array and puts the file in its place, whole. */
  commit(): Promise<void> {
    return this.#file.commit();
  }
}
