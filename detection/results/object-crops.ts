import { join } from 'node:path';
import { withoutExtension } from '../../datasets/detection/file-finder.ts';
import { OutputFolder } from '../../datasets/detection/output-folder.ts';
import { regionAround } from '../../datasets/images/region.ts';
import type { ImagePool } from '../../datasets/index.ts';
import { checkWithin } from '../../io/within-folder.ts';
import type { DetectedImage } from './detection-folder.ts';
import type { Detection } from './name-detections.ts';

/** Characters that some file system does not have in names. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const UNFIT = /[/\\:*?"<>|\x00-\x1f]|^\.+/g;

/** A folder of what was found: each object as an image of its own, in a folder for each category. */
export class CropFolder {
  readonly #directory: string;
  readonly #pool: Pick<ImagePool, 'cut'>;
  #written = 0;

  private constructor(directory: string, pool: Pick<ImagePool, 'cut'>) {
    this.#directory = directory;
    this.#pool = pool;
  }

  /** @throws ResnetCocoError FILE_NOT_WRITABLE when the folder has files already */
  static async create(directory: string, pool: Pick<ImagePool, 'cut'>): Promise<CropFolder> {
    await new OutputFolder(directory).checkEmpty();
    return new CropFolder(directory, pool);
  }

  /** How many were written. */
  get written(): number {
    return this.#written;
  }

  /**
   * Writes the objects of an image as `CATEGORY/NAME-N.jpg`, N from 1 for the best.
   *
   * @param name of the image within its folder
   * @throws ResnetCocoError BAD_IMAGE or FILE_NOT_FOUND when the image can no longer be read; FILE_NOT_WRITABLE
   */
  async add({ file, height, width }: DetectedImage, name: string, detections: readonly Detection[]): Promise<void> {
    const stem = withoutExtension(name).replaceAll('/', '-');
    const pieces = detections.flatMap(({ bbox, label }, i) => {
      const region = regionAround(bbox, { width, height });
      if (!region) return [];
      const path = join(this.#directory, label.trim().replace(UNFIT, '_') || '_', `${stem}-${i + 1}.jpg`);
      checkWithin(this.#directory, path);
      return [{ path, region }];
    });
    if (!pieces.length) return;
    await this.#pool.cut(file, pieces);
    this.#written += pieces.length;
  }
}
