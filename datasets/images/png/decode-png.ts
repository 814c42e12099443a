import { damage } from '../damage.ts';
import type { Image } from '../image.ts';
import type { PngHeader } from './png-header.ts';
import { pngLines, rowsInMemory } from './png-lines.ts';
import { pixelWriter } from './png-samples.ts';

/**
 * Decodes a PNG file: every color type and depth, interlaced or not. Rows are inflated and converted one at a time, so
 * only the result takes memory. Alpha is dropped. Of 16 bits the high byte is kept, as Pillow does for color. For
 * 16-bit gray this differs from Pillow on purpose: Pillow clips it at 255, so that nearly all of it turns white.
 * Orientation is not applied.
 *
 * @throws Error with the reason when the file is damaged
 */
export async function decodePng(header: PngHeader): Promise<Image> {
  const { width, height } = header;
  const lines = pngLines(header, rowsInMemory(header));
  try {
    const data = new Uint8Array(width * height * 3);
    const writePixels = pixelWriter(header, data);
    for await (const { pass, samples, y } of lines) {
      const { columns, stepX, stepY, x0, y0 } = pass;
      writePixels(samples, columns, ((y0 + y * stepY) * width + x0) * 3, stepX * 3);
    }
    return { width, height, data };
  } catch (error) {
    throw damage(error);
  }
}
