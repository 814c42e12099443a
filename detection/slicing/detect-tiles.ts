import type { ImageSize } from '../../datasets/images/image-size.ts';
import { type LoadedTile, loadTiles } from '../../datasets/images/load-tiles.ts';
import type { ImageSource, ImageTransform, LoadedImage } from '../../datasets/index.ts';
import { placeRle } from '../../datasets/masks/place-rle.ts';
import { batched } from '../../io/threads/batched.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import type { ImageObjects } from '../detect-each.ts';
import type { DetectionFilter } from '../filters.ts';
import { DetectedMask } from '../results/detected-mask.ts';
import type { Detection } from '../results/name-detections.ts';
import { mergeAsked } from './merge-detections.ts';
import type { SlicingPlan } from './slicing-options.ts';

/** What computes, and how tiles come to it. */
export interface TileDetector {
  readonly transform: ImageTransform;
  /** Tiles computed at once. */
  readonly batch: number;
  /** Computations side by side. */
  readonly streams: number;
  readonly signal?: AbortSignal | undefined;
  readonly filter: DetectionFilter;
  /** Told of each tile that is done, and of how many there are. */
  readonly onTile?: ((done: number, total: number) => void) | undefined;
  detect(images: readonly LoadedImage[]): Promise<Detection[][]>;
}

/**
 * Detects in the tiles of an image, and in the whole image, and merges what several of them found.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; the signal's reason when aborted
 */
export async function detectTiles(
  source: ImageSource,
  { merge, slicing, whole }: SlicingPlan,
  { batch, detect, filter, onTile, signal, streams, transform }: TileDetector,
): Promise<ImageObjects> {
  const ahead = batch * (streams + 2);
  const tiles = loadTiles(source, { slicing, transform, whole, ahead, signal });
  const work = async (group: readonly LoadedTile[]) => {
    const results = await detect(group.map(({ height, tensor, width }) => ({ height, tensor, width, format: null })));
    return group.map((tile, i) => ({ tile, detections: results[i] }));
  };
  const found: Detection[][] = [];
  let size: ImageSize = { width: 0, height: 0 };
  let done = 0;
  for await (const group of mapOrdered(batched(tiles, batch), streams, work)) {
    for (const { detections, tile } of group) {
      size = tile.image;
      found[tile.index] = detections.map((detection) => inImage(detection, tile));
      onTile?.(++done, tile.total);
    }
  }
  return { ...size, detections: mergeAsked(found.flat(), filter, merge) };
}

/** A detection of a tile in pixels of the image. */
function inImage(detection: Detection, { height, image, left, top, width }: LoadedTile): Detection {
  if (width === image.width && height === image.height) return detection;
  const { bbox, keypoints, mask } = detection;
  const [x, y, w, h] = bbox;
  return {
    ...detection,
    bbox: [x + left, y + top, w, h],
    ...(mask && { mask: new DetectedMask(placeRle(mask.rle, left, top, image)) }),
    ...(keypoints && { keypoints: keypoints.map(([u, v, visible]) => [u + left, v + top, visible] as const) }),
  };
}
