import { encodeImage, type Image, shrunk } from '../../datasets/index.ts';

/**
 * Returns an image as the `src` of an image element, reduced to a longer side of at most `side` pixels.
 */
export async function pictureUrl(
  image: Image,
  side: number,
  quality: number,
  format: 'png' | 'jpeg' = 'jpeg',
): Promise<string> {
  const bytes = await encodeImage(shrunk(image, side), format, quality);
  return `data:image/${format};base64,${Buffer.from(bytes).toString('base64')}`;
}
