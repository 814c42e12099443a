import { ImagePool } from '../datasets/index.ts';
import { QueueFull } from './batcher.ts';

/** Images with more work (in pixels) are large: decoding takes up to seconds, and 100 MB and more. */
const LARGE_WORK = 8e6;

/** Images with at most this much work (in pixels) are small: decoding takes milliseconds. */
const SMALL_WORK = 1e6;

/** The work of large images that may wait, in images of the maximum size. */
const WAITING = 8;

/**
 * The threads in which a service decodes the images of all models. Small images are decoded in parallel. So are medium
 * ones, but in other threads, so that small ones do not wait for them. Large ones are decoded one at a time, so that
 * they take the memory of one.
 */
export class Decoding {
  readonly #small = new ImagePool();
  readonly #medium = new ImagePool({ standby: 0, inBackground: true });
  readonly #large = new ImagePool({ threads: 1, standby: 0, inBackground: true });
  readonly #limit: number;
  /** The work of the large images that wait or are being decoded. */
  #work = 0;

  /** @param maxPixels of an image */
  constructor(maxPixels: number) {
    this.#limit = WAITING * maxPixels;
  }

  isLarge(work: number): boolean {
    return work > LARGE_WORK;
  }

  isMedium(work: number): boolean {
    return work > SMALL_WORK && !this.isLarge(work);
  }

  /** The threads for an image that is not large. */
  poolFor(work: number): ImagePool {
    return this.isMedium(work) ? this.#medium : this.#small;
  }

  /**
   * Takes the large images of a request, all or none.
   *
   * @param load decodes an image in the threads of a pool
   * @throws QueueFull when too much work waits already
   */
  large<P extends { readonly work: number }, L>(
    pictures: readonly P[],
    load: (picture: P, pool: ImagePool) => Promise<L>,
  ): readonly Promise<L>[] {
    const work = pictures.reduce((sum, picture) => sum + picture.work, 0);
    // If nothing waits, any amount is taken.
    if (work && this.#work && this.#work + work > this.#limit) throw new QueueFull();
    this.#work += work;
    return pictures.map((picture) =>
      load(picture, this.#large).finally(() => {
        this.#work -= picture.work;
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#small.close(), this.#medium.close(), this.#large.close()]);
  }
}
