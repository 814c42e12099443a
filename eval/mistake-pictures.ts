import {
  type ClassificationDataset,
  encodeImage,
  type Image,
  readImage,
  resizeAntialiased,
} from '../datasets/index.ts';
import type { Mistake } from './mistakes.ts';

/** A small picture of an image, as the `src` of an image element. */
export interface MistakePicture extends Mistake {
  readonly dataUrl: string;
  /** Whether its pixels are so few that they should be shown as squares. */
  readonly tiny: boolean;
}

const SIDE = 240;
const TINY = 64;
const QUALITY = 80;

/** Reads the images of mistakes again and makes them small; one that cannot be read any more is left out. */
export async function mistakePictures(
  dataset: Pick<ClassificationDataset, 'image'>,
  mistakes: readonly Mistake[],
): Promise<MistakePicture[]> {
  const pictures: MistakePicture[] = [];
  for (const mistake of mistakes) {
    const image = await readImage(dataset.image(mistake.image)).catch(() => undefined);
    if (!image) continue;
    const tiny = Math.max(image.width, image.height) <= TINY;
    const format = tiny ? 'png' : 'jpeg';
    const bytes = await encodeImage(reduced(image), format, QUALITY);
    const dataUrl = `data:image/${format};base64,${Buffer.from(bytes).toString('base64')}`;
    pictures.push({ ...mistake, dataUrl, tiny });
  }
  return pictures;
}

function reduced(image: Image): Image {
  const scale = SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resizeAntialiased(image, side(image.width), side(image.height));
}
