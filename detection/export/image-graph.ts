// H × W pixels of the image, h × w of what the network sees of it.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import type { SharedDetectorConfig } from '../model/shared-detector-config.ts';
import { resizedAntialiased, resizedBilinear, resizedPlain, type SizeWires } from './resize-graph.ts';

/** An image that a network sees, and its sizes. */
export interface ImageWires {
  /** `[1, h, w, 3]`: resized, normalized and padded. */
  readonly image: Wire;
  readonly original: SizeWires;
  readonly resized: SizeWires;
  readonly padded: SizeWires;
}

type ImageConfig = Pick<
  SharedDetectorConfig,
  | 'channel_order'
  | 'image_mean'
  | 'image_std'
  | 'max_size'
  | 'min_size'
  | 'resize_arithmetic'
  | 'resize_by'
  | 'size_divisible'
>;

/** What `datasets/images/transform.ts` and `ops/image-list.ts` make of an image, to the bit. @param image bytes `[H, W, 3]` */
export function imageGraph(g: GraphBuilder, image: Wire, config: ImageConfig): ImageWires {
  const original = { height: g.size(image, 0), width: g.size(image, 1) };
  const resized = resizedSize(g, original, config);
  const pixels = resizedPixels(g, image, original, resized, config);
  const { size_divisible: multiple } = config;
  const roundedUp = (side: Wire) => g.mul(g.div(g.add(side, multiple - 1), multiple), multiple);
  const padded = { height: roundedUp(resized.height), width: roundedUp(resized.width) };
  const [below, right] = [g.sub(padded.height, resized.height), g.sub(padded.width, resized.width)];
  const pads = g.concat([g.ints(0, 0, 0), below, right, g.ints(0)], 0);
  return { image: g.unsqueeze(g.op('Pad', [pixels, pads]), 0), original, resized, padded };
}

/** `detectionSize`. */
function resizedSize(g: GraphBuilder, size: SizeWires, config: ImageConfig): SizeWires {
  const { max_size, min_size, resize_arithmetic, resize_by = 'torch' } = config;
  const [height, width] = [g.cast(size.height, 'float64'), g.cast(size.width, 'float64')];
  const ratio = (most: number, side: Wire) => {
    if (resize_arithmetic === 'float64' || resize_by !== 'torch') return g.div(most, side);
    // Rounded from 64 bits: ONNX Runtime makes one division of a reciprocal and a product in 32.
    return g.cast(g.mul(g.cast(g.div(1, side), 'float32'), most), 'float64');
  };
  const whole = (side: Wire) => g.max(g.cast(g.floor(side), 'int64'), 1);
  const nearest = (side: Wire) => whole(g.add(side, 0.5));
  const shortest = ratio(min_size, g.min(height, width));
  if (resize_by === 'pillow') {
    const isLow = g.greater(width, height);
    const tall = g.where(isLow, min_size, g.mul(shortest, height));
    const wide = g.where(isLow, g.mul(shortest, width), min_size);
    const longest = g.max(tall, wide);
    const factor = g.where(g.greater(longest, max_size), g.div(max_size, longest), 1);
    return { height: nearest(g.mul(tall, factor)), width: nearest(g.mul(wide, factor)) };
  }
  const scale = g.min(shortest, ratio(max_size, g.max(height, width)));
  const rounded = resize_by === 'opencv' ? nearest : whole;
  return { height: rounded(g.mul(height, scale)), width: rounded(g.mul(width, scale)) };
}

/** `detectionInput`: by Pillow's or OpenCV's way an image is resized as bytes, else as normalized numbers. */
function resizedPixels(g: GraphBuilder, image: Wire, from: SizeWires, to: SizeWires, config: ImageConfig): Wire {
  const values = (bytes: Wire) => normalized(g, bytes, config);
  if (config.resize_by === 'pillow') return values(resizedAntialiased(g, image, from, to));
  if (config.resize_by === 'opencv') return values(resizedPlain(g, image, from, to));
  return resizedBilinear(g, image, from, to, values);
}

/** `normalizedLevels` of bytes whose last axis is that of the channels. */
function normalized(g: GraphBuilder, bytes: Wire, { channel_order, image_mean, image_std }: ImageConfig): Wire {
  const ordered = channel_order === 'bgr' ? g.gather(bytes, g.ints(2, 1, 0), 2) : bytes;
  const channels = (values: readonly number[]) => g.constant(values, 'float32');
  const shares = g.div(g.cast(ordered, 'float32'), 255);
  return g.div(g.sub(shares, channels(image_mean)), channels(image_std));
}
