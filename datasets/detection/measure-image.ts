import { ResnetCocoError } from '../../errors.ts';
import { FILES_AT_ONCE } from '../../io/text-file.ts';
import { mapOrdered } from '../../io/threads/map-ordered.ts';
import { type ImageSize, readImageSize } from '../images/image-size.ts';
import type { ImageId } from './coco/coco-format.ts';
import type { DetectionSource, FoundDataset } from './detection-source.ts';
import type { ProblemList } from './problems.ts';

/** Reads an image's size from its file. Reports an error and returns undefined when it cannot be read. */
export async function measureImage(
  path: string,
  image: ImageId,
  problems: ProblemList,
): Promise<ImageSize | undefined> {
  try {
    return await readImageSize(path);
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    const message = `${error.message.replace(`${path}: `, '')}; replace the file, or remove the image`;
    problems.error({ file: path, image, kind: 'unreadable file', message });
    return undefined;
  }
}

/** Reports sizes that differ from the file's: boxes would then be misplaced. */
export async function compareSizes(
  { dataset, files }: FoundDataset,
  { annotations, signal }: DetectionSource,
  problems: ProblemList,
): Promise<void> {
  const images = dataset.images.filter(({ id }) => files.has(id));
  const sizes = mapOrdered(images, FILES_AT_ONCE, async (image) => {
    const path = files.get(image.id)!;
    return { image, path, size: await measureImage(path, image.id, problems) };
  });
  for await (const { image, path, size } of sizes) {
    signal?.throwIfAborted();
    if (!size || (size.width === image.width && size.height === image.height)) continue;
    const turned = size.width === image.height && size.height === image.width;
    const hint = turned ? ', turned by its EXIF orientation perhaps' : '';
    const value = [image.width, image.height];
    const message = `${path} is ${size.width}×${size.height}${hint}; correct the size, or the file`;
    problems.warning({
      file: annotations,
      image: image.id,
      kind: 'image size',
      field: 'width, height',
      value,
      message,
    });
  }
}
