import { encodeImage, type Image, resizeAntialiased } from '../../datasets/index.ts';

/**
 * A picture as the `src` of an image element, reduced to a longer side of at most `side` pixels. One of `tiny` pixels or
 * fewer stays exact, for it is shown as squares.
 */
export async function pictureUrl(image: Image, side: number, quality: number, tiny = 0): Promise<string> {
  const format = Math.max(image.width, image.height) <= tiny ? 'png' : 'jpeg';
  const bytes = await encodeImage(reduced(image, side), format, quality);
  return `data:image/${format};base64,${Buffer.from(bytes).toString('base64')}`;
}

function reduced(image: Image, longest: number): Image {
  const scale = longest / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resizeAntialiased(image, side(image.width), side(image.height));
}
