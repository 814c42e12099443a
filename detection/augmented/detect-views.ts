/**
 * Test-time augmentation: an image is looked at in several sizes, and mirrored, and what was found is joined by suppression
 * (Detectron2's `GeneralizedRCNNWithTTA`, Ultralytics' `augment`).
 */
import { hflipIndices } from '../../datasets/detection/keypoint-layout.ts';
import type { DetectionTransform, LoadedImage } from '../../datasets/index.ts';
import { mirrorRle } from '../../datasets/masks/mirror-rle.ts';
import type { DetectionFilter } from '../filters.ts';
import { DetectedMask } from '../results/detected-mask.ts';
import type { Detection } from '../results/name-detections.ts';
import { mergeAsked } from '../slicing/merge-detections.ts';

/** The sizes that an image is looked at in, as factors of the model's own. */
export const VIEW_SCALES = [0.8, 1, 1.25] as const;

/** The transform of a view. */
export const scaledTransform = (transform: DetectionTransform, scale: number): DetectionTransform => ({
  ...transform,
  min_size: Math.max(1, Math.round(transform.min_size * scale)),
  max_size: Math.max(1, Math.round(transform.max_size * scale)),
});

/** What looks at the views of an image. */
export interface ViewDetector {
  readonly filter: DetectionFilter;
  /** A better box leaves out those of its category that it overlaps by as much, as IoU. */
  readonly nmsThresh: number;
  readonly agnostic: boolean;
  detect(images: readonly LoadedImage[]): Promise<Detection[][]>;
}

/** The objects of an image, of which each view is a size. */
export async function detectViews(
  views: readonly LoadedImage[],
  { agnostic, detect, filter, nmsThresh }: ViewDetector,
): Promise<Detection[]> {
  const all: Detection[] = [];
  for (const view of views) {
    const [plain, flipped] = await detect([view, mirrored(view)]);
    all.push(...plain, ...flipped.map((detection) => mirrorDetection(detection, view.width)));
  }
  const settings = { method: 'nms', metric: 'iou', threshold: Math.max(nmsThresh, Number.EPSILON), agnostic } as const;
  return mergeAsked(all, filter, settings);
}

/** An input with left and right exchanged. */
function mirrored(image: LoadedImage): LoadedImage {
  const { data, shape } = image.tensor;
  const [height, width, channels] = shape;
  const out = new Float32Array(data.length);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, o += channels) {
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[o + channel] = data[from + channel];
    }
  }
  return { ...image, tensor: { shape, data: out } };
}

/** A detection of a mirrored image as one of the image. */
export function mirrorDetection(detection: Detection, imageWidth: number): Detection {
  const { bbox, keypoint_names, keypoint_scores, keypoints, mask } = detection;
  const [x, y, width, height] = bbox;
  const sources = keypoints?.map((_, joint) => joint) ?? [];
  const order = keypoint_names ? hflipIndices(keypoint_names) : sources;
  return {
    ...detection,
    // Rounding must not lead out of the image.
    bbox: [Math.max(imageWidth - x - width, 0), y, width, height],
    ...(mask && { mask: new DetectedMask(mirrorRle(mask.rle)) }),
    ...(keypoints && {
      keypoints: order.map((source) => [imageWidth - keypoints[source][0], keypoints[source][1], keypoints[source][2]]),
    }),
    ...(keypoint_scores && { keypoint_scores: order.map((source) => keypoint_scores[source]) }),
  } as Detection;
}
