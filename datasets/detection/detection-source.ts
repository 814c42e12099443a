import type { CocoDataset, ImageId } from './coco/coco-format.ts';

/** Where the data set is. */
export interface DetectionSource {
  /**
   * COCO: the JSON file, or a folder with one. VOC: the folder with `Annotations/`, or a folder of XML files. YOLO:
   * `data.yaml`, its folder, or a folder of labels.
   */
  readonly annotations: string;
  /** The folder of images; by default one of the usual places beside the annotations. */
  readonly images?: string;
  /**
   * The split: `train` means VOC's `ImageSets/Main/train.txt`, YOLO's `train:`, a folder `train`. By default
   * everything.
   */
  readonly split?: string;
  /** Stops reading; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A data set in COCO's form. */
export interface FoundDataset {
  readonly dataset: CocoDataset;
  /** Path of each image whose file exists; empty when no folder of images is known. */
  readonly files: ReadonlyMap<ImageId, string>;
}
