import type { Image } from '../images/image.ts';

/**
 * torchvision's `adjust_hue` on bytes: rotates the hue by `factor` of a full turn (−0.5 to 0.5) in Pillow's 8-bit HSV,
 * which rounds colors even for factor 0.
 */
export function adjustHue({ width, height, data }: Image, factor: number): Image {
  const turn = Math.trunc(factor * 255) & 255;
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
    const value = Math.max(r, g, b);
    const range = value - Math.min(r, g, b);
    // A color without saturation has no hue.
    const saturation = range === 0 ? 0 : Math.trunc(fround(range / value) * 255);
    if (saturation === 0) {
      out.fill(value, i, i + 3);
      continue;
    }
    putColor(out, i, (hueOf(r, g, b, value, range) + turn) & 255, saturation, value);
  }
  return { width, height, data: out };
}

const { fround } = Math;

/** 0–255 for a full turn from red; `value` is the largest channel. Rounded to 32 bits where Pillow does. */
function hueOf(r: number, g: number, b: number, value: number, range: number): number {
  const redShare = fround((value - r) / range);
  const greenShare = fround((value - g) / range);
  const blueShare = fround((value - b) / range);
  let sixths: number;
  if (r === value) sixths = fround(blueShare - greenShare);
  else if (g === value) sixths = fround(2 + redShare - blueShare);
  else sixths = fround(4 + greenShare - redShare);
  return Math.trunc(fround((sixths / 6 + 1) % 1) * 255);
}

/** The values of a channel around the circle, one per sixth; green and blue follow a third later each. */
const ring = new Uint8Array(6);

function putColor(out: Uint8Array, at: number, hue: number, saturation: number, value: number): void {
  const sixth = Math.floor((hue * 6) / 255);
  const within = fround((hue * 6) / 255 - sixth);
  const share = fround(saturation / 255);
  ring[0] = ring[5] = value;
  ring[1] = Math.round(value * (1 - share * within));
  ring[2] = ring[3] = Math.round(value * (1 - share));
  ring[4] = Math.round(value * (1 - share * (1 - within)));
  out[at] = ring[sixth % 6];
  out[at + 1] = ring[(sixth + 4) % 6];
  out[at + 2] = ring[(sixth + 2) % 6];
}
