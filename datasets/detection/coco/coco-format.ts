/** COCO's JSON as its files have it (cocodataset.org/#format-data). Fields not named here are kept unchanged. */

/** pycocotools accepts any id for an image; COCO's own ids are whole numbers. */
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
  /** Pairs of keypoints, counted from 1, that a line joins. */
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
  /** In square pixels; the mask's area where there is a mask. */
  readonly area: number;
  /** 1 when the box or mask covers a crowd of objects of one category. */
  readonly iscrowd: 0 | 1;
  readonly segmentation?: CocoSegmentation;
  /** x, y, v of each keypoint; v is 0 for not labeled, 1 for hidden, 2 for visible. */
  readonly keypoints?: readonly number[];
  readonly num_keypoints?: number;
  /** Of what a model found, from 0 to 1. */
  readonly score?: number;
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
