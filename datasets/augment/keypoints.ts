/**
 * Augmentations of an object's keypoints: x, y, v of each of K, in single precision as in torch. v is 0 for a keypoint
 * that is not labeled.
 */
import type { ImageSize } from '../images/image-size.ts';
import type { Region } from '../images/region.ts';

const { fround } = Math;

/**
 * Mirrors left and right (torchvision `references/detection/transforms.py: _flip_coco_person_keypoints`). Keypoints that
 * are not labeled become 0, 0, 0.
 *
 * @param width of the picture
 * @param sources for each keypoint, which one takes its place: the right eye that of the left
 */
export function mirrorKeypoints(points: ArrayLike<number>, width: number, sources: readonly number[]): Float32Array {
  const out = new Float32Array(points.length);
  for (const [keypoint, source] of sources.entries()) {
    const v = points[source * 3 + 2];
    if (v !== 0) out.set([width - fround(points[source * 3]), points[source * 3 + 1], v], keypoint * 3);
  }
  return out;
}

/** Moves keypoints into a crop. Those outside of it become 0, 0, 0. */
export function cropKeypoints(points: ArrayLike<number>, { height, left, top, width }: Region): Float32Array {
  const out = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const [x, y] = [fround(points[i]) - left, fround(points[i + 1]) - top];
    if (x >= 0 && x <= width && y >= 0 && y <= height) out.set([x, y, points[i + 2]], i);
  }
  return out;
}

/** Scales keypoints to another size of the same image (`transform.py: resize_keypoints`). */
export function resizeKeypoints(points: ArrayLike<number>, from: ImageSize, to: ImageSize): Float32Array {
  const out = Float32Array.from(points);
  const [scaleX, scaleY] = [fround(to.width / from.width), fround(to.height / from.height)];
  for (let i = 0; i < out.length; i += 3) {
    out[i] *= scaleX;
    out[i + 1] *= scaleY;
  }
  return out;
}
