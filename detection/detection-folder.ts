import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { ImageId } from '../datasets/index.ts';
import { JsonArrayFile } from '../datasets/json-array.ts';
import { makeFolder } from '../datasets/whole-file.ts';
import { ResnetCocoError } from '../errors.ts';
import { Gallery, type GalleryPicture, previewSide } from './gallery.ts';
import { type CocoDetection, ResultsWriter } from './results-writer.ts';

/** An image about to be looked at. */
export interface PlannedImage {
  readonly file: string;
  /** Its path within the folder, with forward slashes: `2024/street.jpg`. */
  readonly name: string;
  /** Undefined: it has no place in `detections.json`. */
  readonly id: ImageId | undefined;
}

export interface LabelledDetection extends CocoDetection {
  readonly label: string;
}

/** What a detector found in one file. */
export interface DetectedImage {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Highest score first. */
  readonly detections: readonly LabelledDetection[];
}

export interface PictureMaker<Image extends DetectedImage> {
  /**
   * Writes the image, its boxes drawn, to `target` in its own format, and returns it without boxes as a JPEG, its longer
   * side at most `previewSide`.
   */
  draw(image: Image, target: string, previewSide: number): Promise<Uint8Array>;
  /** Objects of a lower score are hidden on the page until its slider is moved. Default 0. */
  readonly score?: number;
  /** Told of each picture that could not be drawn or written; all others go on. */
  onFailure(file: string, error: unknown): void;
}

/** A picture for the page, or why there is none. */
type Shown = GalleryPicture | { readonly file: string; readonly error: string };

const RESULTS = 'detections.json';
const IMAGES = 'images.json';
const PAGE = 'index.html';
const OWN_FILES: readonly string[] = [RESULTS, IMAGES, PAGE, 'index.partial.html'];

/** Pictures drawn while the detector goes on to later images. */
const DRAWN_AHEAD = 2 * availableParallelism();

const realPath = (path: string): string | undefined => {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
};

/** Throws `USAGE` where a picture would be written over an image to be read, or over a file of the folder's own. */
export function refuseOverwriting(directory: string, images: readonly PlannedImage[]): void {
  const own = images.find(({ name }) => OWN_FILES.includes(name));
  if (own) {
    throw new ResnetCocoError('USAGE', `${own.file}: its picture would take the name of the results' own ${own.name}`);
  }
  const root = realPath(directory);
  if (root === undefined) return;
  const inputs = new Map(images.map(({ file }) => [realPath(file), file]));
  const folders = new Map<string, string | undefined>();
  for (const { name } of images) {
    const folder = dirname(join(root, name));
    if (!folders.has(folder)) folders.set(folder, realPath(folder));
    const real = folders.get(folder);
    const input = real === undefined ? undefined : inputs.get(join(real, basename(name)));
    if (input !== undefined) {
      throw new ResnetCocoError('USAGE', `writing to ${directory} would overwrite ${input}: choose another folder`);
    }
  }
}

/**
 * A folder of detections: `detections.json` (COCO results), `images.json` (which id is which file, with its size),
 * and, with a `PictureMaker`, each picture with its boxes drawn and `index.html`. Written as the images come, in
 * constant memory; whatever was added is there, and valid, after `close()`.
 */
export class DetectionFolder<Image extends DetectedImage = DetectedImage> {
  readonly #directory: string;
  readonly #planned: ReadonlyMap<string, PlannedImage>;
  readonly #results: ResultsWriter;
  readonly #images: JsonArrayFile;
  readonly #pictures: PictureMaker<Image> | undefined;
  readonly #gallery: Gallery | undefined;
  readonly #drawing: Promise<Shown>[] = [];

  private constructor(
    directory: string,
    planned: readonly PlannedImage[],
    results: ResultsWriter,
    images: JsonArrayFile,
    pictures: PictureMaker<Image> | undefined,
    gallery: Gallery | undefined,
  ) {
    this.#directory = directory;
    this.#planned = new Map(planned.map((image) => [image.file, image]));
    this.#results = results;
    this.#images = images;
    this.#pictures = pictures;
    this.#gallery = gallery;
  }

  /** @throws {ResnetCocoError} `USAGE` if an input would be overwritten, `FILE_NOT_WRITABLE` */
  static async create<Image extends DetectedImage>(
    directory: string,
    images: readonly PlannedImage[],
    pictures?: PictureMaker<Image>,
  ): Promise<DetectionFolder<Image>> {
    if (pictures) refuseOverwriting(directory, images);
    await makeFolder(directory);
    const results = await ResultsWriter.create(join(directory, RESULTS));
    const list = await JsonArrayFile.create(join(directory, IMAGES));
    const title = basename(resolve(directory));
    const gallery = pictures && (await Gallery.create(join(directory, PAGE), title, images.length, pictures.score));
    return new DetectionFolder(directory, images, results, list, pictures, gallery);
  }

  /** Takes one of the planned images; resolves when there is room for the next. */
  async add(image: Image): Promise<void> {
    const { id, name } = this.#planned.get(image.file)!;
    const { width, height } = image;
    if (id !== undefined) {
      await this.#results.add(id, image.detections);
      await this.#images.push({ id, file_name: name, width, height });
    }
    if (this.#pictures) await this.#show(this.#draw(image, name, this.#pictures));
  }

  /** Notes on the page that an input failed, and why. */
  async fail(file: string, error: string): Promise<void> {
    if (this.#gallery) await this.#show(Promise.resolve({ file: this.#planned.get(file)?.name ?? file, error }));
  }

  /** Ends what is being drawn and puts the files in their places. */
  async close(): Promise<void> {
    while (this.#drawing.length) await this.#showOldest();
    await this.#results.commit();
    await this.#images.commit();
    await this.#gallery?.finish();
  }

  async #draw(image: Image, name: string, pictures: PictureMaker<Image>): Promise<Shown> {
    const { width, height, detections } = image;
    try {
      const target = join(this.#directory, name);
      await makeFolder(dirname(target));
      const preview = await pictures.draw(image, target, previewSide(this.#planned.size));
      return { file: name, width, height, detections, preview, link: name };
    } catch (error) {
      pictures.onFailure(image.file, error);
      return { file: name, error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Queues it for the page, which shows all in the order of the images, whichever is drawn first. */
  async #show(item: Promise<Shown>): Promise<void> {
    this.#drawing.push(item);
    while (this.#drawing.length > DRAWN_AHEAD) await this.#showOldest();
  }

  async #showOldest(): Promise<void> {
    const item = await this.#drawing.shift()!;
    await ('error' in item ? this.#gallery?.fail(item.file, item.error) : this.#gallery?.add(item));
  }
}
