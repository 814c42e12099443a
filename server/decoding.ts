import { ImagePool } from '../datasets/index.ts';
import { QueueFull } from './batcher.ts';

/** A picture of more work, counted in pixels, is large: it takes more than a fraction of a second, and 100 MB and more. */
const LARGE_WORK = 8e6;

/** A picture of no more work takes a moment. */
const SMALL_WORK = 1e6;

/** Large pictures that may wait, in pictures of the largest size that is taken. */
const WAITING = 8;

/**
 * The threads in which a service decodes pictures, whatever their model: small ones side by side, those of medium size
 * too but in threads of their own, so that they keep no small one waiting, and large ones one at a time, so that they take no
 * more memory than one.
 */
export class Decoding {
  readonly #small = new ImagePool();
  readonly #medium = new ImagePool({ standby: 0, inBackground: true });
  readonly #large = new ImagePool({ threads: 1, standby: 0, inBackground: true });
  readonly #limit: number;
  /** Of large pictures that wait or are being decoded. */
  #work = 0;

  /** @param maxPixels of a picture */
  constructor(maxPixels: number) {
    this.#limit = WAITING * maxPixels;
  }

  isLarge(work: number): boolean {
    return work > LARGE_WORK;
  }

  isMedium(work: number): boolean {
    return work > SMALL_WORK && !this.isLarge(work);
  }

  /** The threads for a picture that is not large. */
  poolFor(work: number): ImagePool {
    return this.isMedium(work) ? this.#medium : this.#small;
  }

  /**
   * Takes large pictures that belong together, all or none.
   *
   * @param load reads one in the threads of a pool
   * @throws QueueFull
   */
  large<P extends { readonly work: number }, L>(
    pictures: readonly P[],
    load: (picture: P, pool: ImagePool) => Promise<L>,
  ): readonly Promise<L>[] {
    const work = pictures.reduce((sum, picture) => sum + picture.work, 0);
    // However much belongs together, it is taken where nothing waits.
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
