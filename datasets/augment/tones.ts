/** Pillow's `ImageOps` that map each level through a table. */
import type { Image } from '../images/image.ts';

/** Maps each level. @param tables of red, green and blue: 256 levels each */
export function mapped({ width, height, data }: Image, tables: readonly Uint8Array[]): Image {
  const [red, green, blue] = tables;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    out[i] = red[data[i]];
    out[i + 1] = green[data[i + 1]];
    out[i + 2] = blue[data[i + 2]];
  }
  return { width, height, data: out };
}

const table = (level: (from: number) => number): Uint8Array =>
  new Uint8Array(Uint8ClampedArray.from({ length: 256 }, (_, i) => Math.trunc(level(i))));

function forAll(image: Image, level: (from: number) => number): Image {
  const one = table(level);
  return mapped(image, [one, one, one]);
}

/** Number of pixels with each level of a channel. */
function histogram({ data }: Image, channel: number): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = channel; i < data.length; i += 3) counts[data[i]]++;
  return counts;
}

/** Keeps the highest `bits` of each level. */
export function posterize(image: Image, bits: number): Image {
  const mask = (0xff00 >> bits) & 0xff;
  return forAll(image, (level) => level & mask);
}

/** Inverts levels of at least `threshold`. */
export function solarize(image: Image, threshold: number): Image {
  return forAll(image, (level) => (level < threshold ? level : 255 - level));
}

/** Stretches each channel: its darkest level becomes 0, its brightest 255. */
export function autocontrast(image: Image): Image {
  const stretch = (channel: number): Uint8Array => {
    const counts = histogram(image, channel);
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    const scale = 255 / (high - low);
    return table(high > low ? (level) => level * scale - low * scale : (level) => level);
  };
  return mapped(image, [0, 1, 2].map(stretch));
}

/** Spreads the levels of each channel to about equal frequency. */
export function equalize(image: Image): Image {
  const spread = (channel: number): Uint8Array => {
    const counts = histogram(image, channel);
    const brightest = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((image.width * image.height - brightest) / 255);
    if (step === 0) return table((level) => level);
    let below = Math.floor(step / 2);
    return table((level) => {
      const spreadLevel = Math.floor(below / step);
      below += counts[level];
      return spreadLevel;
    });
  };
  return mapped(image, [0, 1, 2].map(spread));
}
