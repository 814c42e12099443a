import type { Random } from '../../io/random.ts';
import type { Image } from '../images/image.ts';
import { type Interpolation, rotate, shearX, shearY, translate } from './affine.ts';
import { adjustBrightness, adjustContrast, adjustSaturation, adjustSharpness } from './enhance.ts';
import { autocontrast, equalize, posterize, solarize } from './tones.ts';

/** torchvision's `RandAugment`. */
export interface RandAugment {
  readonly kind: 'rand_augment';
  /** Operations per picture, drawn with replacement; 2 by default. */
  readonly num_ops?: number | undefined;
  /** Magnitude of all operations, below `num_magnitude_bins`; 9 by default. */
  readonly magnitude?: number | undefined;
  /** Number of magnitudes; 31 by default. */
  readonly num_magnitude_bins?: number | undefined;
  /** Interpolation of shear, translation and rotation; `nearest` by default. */
  readonly interpolation?: Interpolation | undefined;
}

/** An operation: its strength at a given magnitude, and its effect. */
export interface Operation {
  /** Whether the sign is random. */
  readonly signed: boolean;
  magnitude(bin: number, bins: number, image: Image): number;
  apply(image: Image, magnitude: number, interpolation: Interpolation): Image;
}

const { fround } = Math;

/** `linspace(start, end, bins)[bin]` in 32 bits, counted from the nearer end as torch does, products unrounded. */
export const linear =
  (start: number, end: number) =>
  (bin: number, bins: number): number => {
    if (bins === 1) return fround(start);
    const step = fround((fround(end) - fround(start)) / (bins - 1));
    return bin < bins >> 1 ? fround(fround(start) + step * bin) : fround(fround(end) - step * (bins - bin - 1));
  };

/** The longest translation, as a share of the side. */
const SHIFT = 150 / 331;

/** Number of bits dropped from each level: 0 to `most`. */
export const bitsLost = (bin: number, bins: number, most = 4): number => {
  if (bins === 1) return 0;
  const lost = fround(bin / fround((bins - 1) / most));
  return lost % 1 === 0.5 ? 2 * Math.round(lost / 2) : Math.round(lost);
};

const enhancement = (apply: (image: Image, factor: number) => Image): Operation => ({
  signed: true,
  magnitude: linear(0, 0.9),
  apply: (image, magnitude) => apply(image, 1 + magnitude),
});

const plain = (apply: (image: Image) => Image): Operation => ({ signed: false, magnitude: () => 0, apply });

/** The operations to draw from, by torchvision's names. */
export const operations: Readonly<Record<string, Operation>> = {
  Identity: plain((image) => image),
  ShearX: { signed: true, magnitude: linear(0, 0.3), apply: shearX },
  ShearY: { signed: true, magnitude: linear(0, 0.3), apply: shearY },
  TranslateX: {
    signed: true,
    magnitude: (bin, bins, { width }) => linear(0, SHIFT * width)(bin, bins),
    apply: (image, magnitude) => translate(image, Math.trunc(magnitude), 0),
  },
  TranslateY: {
    signed: true,
    magnitude: (bin, bins, { height }) => linear(0, SHIFT * height)(bin, bins),
    apply: (image, magnitude) => translate(image, 0, Math.trunc(magnitude)),
  },
  Rotate: { signed: true, magnitude: linear(0, 30), apply: rotate },
  Brightness: enhancement(adjustBrightness),
  Color: enhancement(adjustSaturation),
  Contrast: enhancement(adjustContrast),
  Sharpness: enhancement(adjustSharpness),
  Posterize: { signed: false, magnitude: (bin, bins) => 8 - bitsLost(bin, bins), apply: posterize },
  Solarize: { signed: false, magnitude: linear(255, 0), apply: solarize },
  AutoContrast: plain(autocontrast),
  Equalize: plain(equalize),
};

const all = Object.values(operations);

export function randAugment(image: Image, settings: RandAugment, random: Random): Image {
  const { num_ops = 2, magnitude: bin = 9, num_magnitude_bins: bins = 31, interpolation = 'nearest' } = settings;
  let picture = image;
  for (let i = 0; i < num_ops; i++) {
    const { signed, magnitude, apply } = all[random.integer(all.length)];
    const sign = signed && random.integer(2) === 1 ? -1 : 1;
    picture = apply(picture, sign * magnitude(bin, bins, picture), interpolation);
  }
  return picture;
}
