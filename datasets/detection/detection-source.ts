import type { CocoDataset, ImageId } from './coco/coco-format.ts';

/** Where a data set lies. */
export interface DetectionSource {
  /**
   * COCO: the JSON file, or a folder with one. VOC: the folder with `Annotations/`, or a folder of XML files.
   * YOLO: `data.yaml`, the folder with it, or a folder of labels.
   */
  readonly annotations: string;
  /** The folder of images, where it is not in one of its usual places beside the annotations. */
  readonly images?: string;
  /** Which part: `train` for VOC's `ImageSets/Main/train.txt`, YOLO's `train:`, a folder `train`. Without it, all. */
  readonly split?: string;
  /** Stops the reading, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A data set in the form that COCO's JSON has. */
export interface FoundDataset {
  readonly dataset: CocoDataset;
  /** The file of each image that was found; empty where no folder of images is known. */
  readonly files: ReadonlyMap<ImageId, string>;
}
