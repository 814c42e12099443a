import { isAbsolute, join, relative } from 'node:path';
import { encodeImage, type Image, readImage, resizeAntialiased } from '../../datasets/index.ts';
import type { ImageErrors } from '../analysis/worst-images.ts';
import type { WorstPicture } from './worst-pictures.ts';

/** Longer side in pixels: about 60 kB each. */
const SIDE = 640;
const QUALITY = 78;

/**
 * Reads images and makes them small; of one that cannot be read there is the reason.
 *
 * @param folder that file names are relative to
 */
export async function previews(images: readonly ImageErrors[], folder: string): Promise<WorstPicture[]> {
  const pictures: WorstPicture[] = [];
  for (const image of images) {
    try {
      const bytes = await encodeImage(reduced(await readImage(pathIn(folder, image.file_name))), 'jpeg', QUALITY);
      pictures.push({ ...image, dataUrl: `data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}` });
    } catch (error) {
      pictures.push({ ...image, error: (error as Error).message });
    }
  }
  return pictures;
}

/** An annotation file must not put pictures from elsewhere into a report that may be passed on. */
function pathIn(folder: string, name: string): string {
  const path = join(folder, name);
  const way = relative(folder, path);
  if (isAbsolute(way) || way.split(/[\\/]/)[0] === '..') throw new Error(`${name}: lies outside the images' folder`);
  return path;
}

function reduced(image: Image): Image {
  const scale = SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resizeAntialiased(image, side(image.width), side(image.height));
}
