import type { Random } from '../../io/random.ts';
import type { Image } from '../images/image.ts';
import type { Interpolation } from './affine.ts';
import { bitsLost, linear, type Operation, operations } from './rand-augment.ts';

/** torchvision's `TrivialAugmentWide` (Müller and Hutter 2021): one operation of a random strength. */
export interface TrivialAugment {
  readonly kind: 'trivial_augment';
  /** Number of magnitudes; 31 by default. */
  readonly num_magnitude_bins?: number | undefined;
  /** Interpolation of shear, translation and rotation; `nearest` by default. */
  readonly interpolation?: Interpolation | undefined;
}

const wider = (name: string, magnitude: Operation['magnitude']): Operation => ({ ...operations[name], magnitude });

/** The operations of RandAugment in wider ranges, in torchvision's order. */
export const wideOperations: Readonly<Record<string, Operation>> = {
  Identity: operations.Identity,
  ShearX: wider('ShearX', linear(0, 0.99)),
  ShearY: wider('ShearY', linear(0, 0.99)),
  TranslateX: wider('TranslateX', linear(0, 32)),
  TranslateY: wider('TranslateY', linear(0, 32)),
  Rotate: wider('Rotate', linear(0, 135)),
  Brightness: wider('Brightness', linear(0, 0.99)),
  Color: wider('Color', linear(0, 0.99)),
  Contrast: wider('Contrast', linear(0, 0.99)),
  Sharpness: wider('Sharpness', linear(0, 0.99)),
  Posterize: wider('Posterize', (bin, bins) => 8 - bitsLost(bin, bins, 6)),
  Solarize: operations.Solarize,
  AutoContrast: operations.AutoContrast,
  Equalize: operations.Equalize,
};

const all = Object.values(wideOperations);

export function trivialAugment(image: Image, settings: TrivialAugment, random: Random): Image {
  const { num_magnitude_bins: bins = 31, interpolation = 'nearest' } = settings;
  const { signed, magnitude, apply } = all[random.integer(all.length)];
  const bin = random.integer(bins);
  const sign = signed && random.integer(2) === 1 ? -1 : 1;
  return apply(image, sign * magnitude(bin, bins, image), interpolation);
}
