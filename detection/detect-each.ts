import type { ImageSize } from '../datasets/images/image-size.ts';
import { type ImageSource, type ImageSources, sourceName } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import type { Detection } from './results/name-detections.ts';

/** What was found in an image, in its pixels. */
export interface ImageObjects extends ImageSize {
  readonly detections: Detection[];
}

interface Failed {
  readonly error: ResnetCocoError;
}

/**
 * Looks at images in order, some of them at once. An image that cannot be read yields its error and stops nothing.
 *
 * @param signal ends it: nothing further is yielded
 */
export async function* detectEach<S extends ImageSource>(
  sources: ImageSources<S>,
  streams: number,
  look: (source: S) => Promise<ImageObjects>,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly index: number; readonly item: S; readonly file: string } & (ImageObjects | Failed)> {
  const one = async (item: S, index: number) => {
    const which = { index, item, file: sourceName(item) };
    try {
      return { ...which, ...(await look(item)) };
    } catch (error) {
      const isOfImage = error instanceof ResnetCocoError && ['BAD_IMAGE', 'FILE_NOT_FOUND'].includes(error.code);
      if (!isOfImage) throw error;
      return { ...which, error };
    }
  };
  try {
    yield* mapOrdered(sources, streams, one, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
