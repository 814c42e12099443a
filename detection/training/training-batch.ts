// N images, L levels of the pyramid.
import type { Boxes } from '../ops/boxes.ts';
import type { ImageList, PreparedImage } from '../ops/image-list.ts';
import type { RpnLevel } from '../ops/proposals.ts';
import type { Sample } from '../ops/sampler.ts';
import type { TrainingObjects } from './training-objects.ts';

/** An image to train on, resized and normalized, with its objects in its pixels. */
export interface TrainingImage extends PreparedImage {
  readonly objects: TrainingObjects;
  /** Names the image in errors. */
  readonly file: string;
}

/** The losses, by torchvision's names; their sum is made small. */
export interface DetectorLosses {
  readonly loss_objectness: number;
  readonly loss_rpn_box_reg: number;
  readonly loss_classifier: number;
  readonly loss_box_reg: number;
  /** Of a mask head. */
  readonly loss_mask?: number;
  /** Of a keypoint head. */
  readonly loss_keypoint?: number;
}

/** Where training depends on chance, or on which of nearly equal scores is higher. */
export interface RegionSampling {
  /** Which anchors of an image count, by label. */
  anchors(labels: Int32Array, image: number): Sample;
  /** Which proposals of an image count, by label. */
  proposals(labels: Int32Array, image: number): Sample;
  /** What is proposed, by image. */
  propose(levels: readonly RpnLevel[], images: ImageList): readonly Boxes[];
}

/** What losses are computed of at once. */
export interface TrainingBatch {
  readonly images: readonly TrainingImage[];
  readonly choices: RegionSampling;
}
