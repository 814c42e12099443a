// H × W pixels of the image, h × w of what the network sees of it.
import type { GraphBuilder, Wire } from '../../engine/index.ts';
import type { SharedDetectorConfig } from '../model/shared-detector-config.ts';

/** The size of an image, as lists of one. */
export interface SizeWires {
  readonly height: Wire;
  readonly width: Wire;
}

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
  'channel_order' | 'image_mean' | 'image_std' | 'max_size' | 'min_size' | 'resize_arithmetic' | 'size_divisible'
>;

/** What `datasets/images/transform.ts` and `ops/image-list.ts` make of an image, to the bit. @param image bytes `[H, W, 3]` */
export function imageGraph(g: GraphBuilder, image: Wire, config: ImageConfig): ImageWires {
  const original = { height: g.size(image, 0), width: g.size(image, 1) };
  const resized = resizedSize(g, original, config);
  const pixels = resizedPixels(g, image, original, resized, (bytes) => normalized(g, bytes, config));
  const roundedUp = (side: Wire) =>
    g.mul(g.div(g.add(side, config.size_divisible - 1), config.size_divisible), config.size_divisible);
  const padded = { height: roundedUp(resized.height), width: roundedUp(resized.width) };
  const [below, right] = [g.sub(padded.height, resized.height), g.sub(padded.width, resized.width)];
  const pads = g.concat([g.ints(0, 0, 0), below, right, g.ints(0)], 0);
  return { image: g.unsqueeze(g.op('Pad', [pixels, pads]), 0), original, resized, padded };
}

/** `detectionSize`. */
function resizedSize(
  g: GraphBuilder,
  { height, width }: SizeWires,
  { max_size, min_size, resize_arithmetic }: ImageConfig,
): SizeWires {
  const ratio = (size: number, side: Wire) => {
    const pixels = g.cast(side, 'float64');
    if (resize_arithmetic === 'float64') return g.div(size, pixels);
    // Rounded from 64 bits: ONNX Runtime makes one division of a reciprocal and a product in 32.
    return g.cast(g.mul(g.cast(g.div(1, pixels), 'float32'), size), 'float64');
  };
  const scale = g.min(ratio(min_size, g.min(height, width)), ratio(max_size, g.max(height, width)));
  const scaled = (side: Wire) => g.max(g.cast(g.floor(g.mul(g.cast(side, 'float64'), scale)), 'int64'), 1);
  return { height: scaled(height), width: scaled(width) };
}

/** `normalizedLevels` of bytes whose last axis is that of the channels. */
function normalized(g: GraphBuilder, bytes: Wire, { channel_order, image_mean, image_std }: ImageConfig): Wire {
  const ordered = channel_order === 'bgr' ? g.gather(bytes, g.ints(2, 1, 0), 2) : bytes;
  const channels = (values: readonly number[]) => g.constant(values, 'float32');
  const shares = g.div(g.cast(ordered, 'float32'), 255);
  return g.div(g.sub(shares, channels(image_mean)), channels(image_std));
}

/** Of each pixel of a resized side: the two pixels around it, and the share of the second. */
interface Interpolation {
  readonly first: Wire;
  readonly second: Wire;
  readonly share: Wire;
}

/** `interpolation` of `datasets/images/resize.ts`: a 32-bit scale, and 64-bit positions. */
function interpolation(g: GraphBuilder, from: Wire, to: Wire): Interpolation {
  const scale = g.cast(g.div(g.cast(from, 'float32'), g.cast(to, 'float32')), 'float64');
  const centers = g.add(g.cast(g.range(to), 'float64'), 0.5);
  const at = g.max(g.sub(g.mul(scale, centers), 0.5), 0);
  const last = g.sub(from, 1);
  const first = g.min(g.cast(g.floor(at), 'int64'), last);
  return { first, second: g.min(g.add(first, 1), last), share: g.min(g.sub(at, g.cast(first, 'float64')), 1) };
}

/** `resizeBilinear`: only the rows that the result needs are looked at. */
function resizedPixels(
  g: GraphBuilder,
  image: Wire,
  from: SizeWires,
  to: SizeWires,
  values: (bytes: Wire) => Wire,
): Wire {
  const [rows, columns] = [interpolation(g, from.height, to.height), interpolation(g, from.width, to.width)];
  // All rows, or, where fewer are needed, those: the first ones and then the second ones.
  const most = g.mul(to.height, 2);
  const areFew = g.greater(from.height, most);
  const count = g.min(from.height, most);
  const needed = g.where(areFew, g.gather(g.concat([rows.first, rows.second], 0), g.range(count)), g.range(count));
  const places = g.range(to.height);
  const first = g.where(areFew, places, rows.first);
  const second = g.where(areFew, g.add(places, to.height), rows.second);

  const bytes = g.gather(image, needed);
  const column = (indices: Wire) => values(g.gather(bytes, indices, 1));
  const wide = between(g, column(columns.first), column(columns.second), g.reshape(columns.share, -1, 1));
  return between(g, g.gather(wide, first), g.gather(wide, second), g.reshape(rows.share, -1, 1, 1));
}

/** a + (b − a) · share, rounded once. */
function between(g: GraphBuilder, a: Wire, b: Wire, share: Wire): Wire {
  const [from, to] = [g.cast(a, 'float64'), g.cast(b, 'float64')];
  return g.cast(g.add(from, g.mul(g.sub(to, from), share)), 'float32');
}
