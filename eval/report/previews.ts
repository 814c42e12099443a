import { isAbsolute, join, relative } from 'node:path';
import { enlargement, type ImageId, readImage } from '../../datasets/index.ts';
import type { ImageErrors } from '../analysis/worst-images.ts';
import { SHOWN_SIDE } from './box-overlay.ts';
import { pictureUrl } from './picture-url.ts';
import type { WorstPicture } from './worst-pictures.ts';

/** An image takes about 60 kB. */
const QUALITY = 78;

/**
 * Reads images and reduces them; an image that cannot be read gives the reason.
 *
 * @param files the folder that file names are relative to, or the path of each image by id
 */
export async function previews(
  images: readonly ImageErrors[],
  files: string | ReadonlyMap<ImageId, string>,
): Promise<WorstPicture[]> {
  const pictures: WorstPicture[] = [];
  for (const image of images) {
    try {
      const path = typeof files === 'string' ? pathIn(files, image.file_name) : files.get(image.id);
      if (path === undefined) throw new Error(`${image.file_name}: its file was not found`);
      const picture = await readImage(path);
      const format = enlargement(picture) > 1 ? 'png' : 'jpeg';
      pictures.push({ ...image, dataUrl: await pictureUrl(picture, SHOWN_SIDE, QUALITY, format) });
    } catch (error) {
      pictures.push({ ...image, error: (error as Error).message });
    }
  }
  return pictures;
}

/** An annotation file must not put other files into a report that may be shared. */
function pathIn(folder: string, name: string): string {
  const path = join(folder, name);
  const way = relative(folder, path);
  if (isAbsolute(way) || way.split(/[\\/]/)[0] === '..') throw new Error(`${name}: lies outside the images' folder`);
  return path;
}
