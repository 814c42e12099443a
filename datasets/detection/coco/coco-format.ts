/** COCO's JSON, as the files have it (cocodataset.org/#format-data). Fields that are not named here are kept as they are. */

/** pycocotools takes whatever identifies an image; in COCO itself it is a whole number. */
export type ImageId = number | string;

/** An image, as COCO's JSON has it. */
export interface CocoImage {
  readonly id: ImageId;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
}

/** A category, as COCO's JSON has it. */
export interface CocoCategory {
  readonly id: number;
  readonly name: string;
  readonly supercategory?: string;
  /** Names of keypoints, in the order of an annotation's triples. */
  readonly keypoints?: readonly string[];
  /** Pairs of keypoints, counted from 1, that are joined by a line. */
  readonly skeleton?: readonly (readonly [number, number])[];
}

/** x, y of the upper left corner, width, height, in pixels. */
export type CocoBox = readonly [x: number, y: number, width: number, height: number];

/** A run-length encoded mask: height and width, and runs as numbers or as COCO's compressed text. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number];
  readonly counts: string | readonly number[];
}

/** Polygons, each x1, y1, x2, y2 …, or a mask. */
export type CocoSegmentation = readonly (readonly number[])[] | CocoRle;

/** An object of an image, as COCO's JSON has it. */
export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: ImageId;
  readonly category_id: number;
  readonly bbox: CocoBox;
  /** In square pixels; of the mask where there is one. */
  readonly area: number;
  /** 1 for a box or mask around many objects of a kind. */
  readonly iscrowd: 0 | 1;
  readonly segmentation?: CocoSegmentation;
  /** x, y, v of each keypoint; v is 0 where it is not labelled, 1 where it is hidden, 2 where it is seen. */
  readonly keypoints?: readonly number[];
  readonly num_keypoints?: number;
}

/** An annotation file: `instances_val2017.json`, `person_keypoints_val2017.json` … */
export interface CocoDataset {
  readonly info?: object;
  readonly licenses?: readonly object[];
  readonly images: readonly CocoImage[];
  readonly annotations: readonly CocoAnnotation[];
  readonly categories: readonly CocoCategory[];
}

/** An entry of a results file (cocodataset.org/#format-results): one of `bbox`, `segmentation` and `keypoints`. */
export interface CocoResult {
  readonly image_id: ImageId;
  readonly category_id: number;
  readonly score: number;
  readonly bbox?: CocoBox;
  readonly segmentation?: CocoRle;
  readonly keypoints?: readonly number[];
}
