import { crc32 } from 'node:zlib';
import { encodeImage, type ImageFormat, readImage, readImageSize } from '../../datasets/index.ts';
import { all, type Kind, once, picture, seeds, write } from './kind.ts';
import { mutateBytes, pick } from './mutate.ts';

export function image(format: ImageFormat, ...endings: string[]): Kind {
  const sources = once(async () => [
    ...seeds('images', ...endings),
    Buffer.from(await encodeImage(picture(37, 21), format)),
  ]);
  return async (random, folder) => {
    const seed = pick(random, await sources());
    const bytes = mutateBytes(random, seed);
    // Half of the images have correct checksums, so that the data behind them is read.
    const mended = format === 'png' && random.uniform() < 0.5 ? mendPng(bytes) : bytes;
    const file = write(folder, `image.${format}`, mended);
    await all(
      () => readImage(file),
      () => readImageSize(file),
    );
  };
}

/** Corrects the checksums of a PNG's chunks, as far as they can be parsed. */
function mendPng(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}
