import { ResnetCocoError } from '../../errors.ts';
import { streamFromWorker } from '../../io/threads/worker-stream.ts';
import type { Image, ImageSource } from './image.ts';
import { sent } from './image-pool.ts';
import type { ImageRowsOptions } from './image-rows.ts';
import type { ImageSize } from './image-size.ts';
import type { Slicing } from './tiles.ts';
import type { ImageTensor, ImageTransform } from './transform.ts';

/** A tile of an image as a model's input, or the whole image. */
export interface LoadedTile extends ImageSize {
  /** Its place: tiles row by row, then the whole image. */
  readonly index: number;
  /** How many there are. */
  readonly total: number;
  readonly left: number;
  readonly top: number;
  readonly tensor: ImageTensor;
  /** The size of the upright image. */
  readonly image: ImageSize;
}

/** What the thread gets. */
export interface TileJob {
  readonly source: string | Uint8Array | Image;
  readonly slicing: Slicing;
  readonly transform: ImageTransform;
  /** Whether the whole image comes after its tiles. */
  readonly whole: boolean;
  readonly rows?: ImageRowsOptions | undefined;
}

export interface LoadTilesOptions extends Omit<TileJob, 'source'> {
  /** Tiles in memory that nobody has taken. */
  readonly ahead: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tiles of an image, in the order in which they are decoded, then the whole image. A thread decodes them as they are
 * taken: large JPEG and PNG files row by row, in memory that does not grow with the image's height.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; BAD_IMAGE for too many tiles; the signal's reason
 *   when aborted
 */
export function loadTiles(
  image: ImageSource,
  { ahead, signal, ...settings }: LoadTilesOptions,
): AsyncGenerator<LoadedTile, void> {
  const { name, source } = sent(image);
  const pixels = typeof source === 'string' ? undefined : source instanceof Uint8Array ? source : source.data;
  return streamFromWorker<TileJob, LoadedTile>(
    { source, ...settings },
    {
      ...{ ahead, signal },
      module: new URL('./tile-worker.js', import.meta.url),
      memory: pixels ? [pixels.buffer as ArrayBuffer] : [],
      failure: (reason, cause) =>
        new ResnetCocoError('BAD_IMAGE', `${name}: cannot be processed: ${reason}`, { cause }),
    },
  );
}
