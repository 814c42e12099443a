import { type ClassificationDataset, readImage } from '../../datasets/index.ts';
import { pictureUrl } from '../report/picture-url.ts';
import type { Mistake } from './mistakes.ts';

/** A reduced image as the `src` of an image element. */
export interface MistakePicture extends Mistake {
  readonly dataUrl: string;
  /** Whether it has so few pixels that they should be shown as squares. */
  readonly tiny: boolean;
}

const SIDE = 240;
const TINY = 64;
const QUALITY = 80;

/** Reads the images of mistakes again and reduces them; images that can no longer be read are left out. */
export async function mistakePictures(
  dataset: Pick<ClassificationDataset, 'image'>,
  mistakes: readonly Mistake[],
): Promise<MistakePicture[]> {
  const pictures: MistakePicture[] = [];
  for (const mistake of mistakes) {
    const image = await readImage(dataset.image(mistake.image)).catch(() => undefined);
    if (!image) continue;
    const tiny = Math.max(image.width, image.height) <= TINY;
    pictures.push({ ...mistake, dataUrl: await pictureUrl(image, SIDE, QUALITY, tiny ? 'png' : 'jpeg'), tiny });
  }
  return pictures;
}
