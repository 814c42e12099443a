import type { Random } from '../../io/random.ts';
import type { Image } from '../images/image.ts';
import { adjustBrightness, adjustContrast, adjustSaturation } from './enhance.ts';
import { adjustHue } from './hue.ts';

/**
 * torchvision's `ColorJitter`: brightness, contrast, saturation and hue in random order. The first three are factors
 * drawn from 1 ± the given number (not below 0); hue is rotated by up to ± the given number (½ is half the circle).
 */
export interface ColorJitter {
  readonly kind: 'color_jitter';
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
  readonly hue?: number | undefined;
}

export function colorJitter(image: Image, jitter: ColorJitter, random: Random): Image {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = jitter;
  const factor = (range: number) => random.uniform(Math.max(1 - range, 0), 1 + range);
  const steps = [
    brightness && ((picture: Image) => adjustBrightness(picture, factor(brightness))),
    contrast && ((picture: Image) => adjustContrast(picture, factor(contrast))),
    saturation && ((picture: Image) => adjustSaturation(picture, factor(saturation))),
    hue && ((picture: Image) => adjustHue(picture, random.uniform(-hue, hue))),
  ].filter((step) => step !== 0);
  return random.shuffle(steps).reduce((picture, step) => step(picture), image);
}
