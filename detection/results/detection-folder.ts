import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { lockFolder } from '../../io/folder-lock.ts';
import { JsonArrayFile } from '../../io/json/json-array.ts';
import { makeFolder, missingFolder, removeEmptyFolders, removeUnfinished } from '../../io/whole-file.ts';
import { checkWithin } from '../../io/within-folder.ts';
import { type CocoDetection, cocoResults } from './coco-results.ts';
import { Gallery, type GalleryPicture, previewSide } from './gallery.ts';
import { type CategoryMatch, inDataset } from './match-categories.ts';

/** An image about to be looked at. */
export interface PlannedImage {
  readonly file: string;
  /** Its path within the folder, with forward slashes: `2024/street.jpg`. */
  readonly name: string;
  /** Undefined: it has no place in `detections.json`. */
  readonly id: ImageId | undefined;
}

export interface LabeledDetection extends CocoDetection {
  readonly label: string;
}

/** What a detector found in one file. */
export interface DetectedImage {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Highest score first. */
  readonly detections: readonly LabeledDetection[];
}

export interface PictureMaker<Image extends DetectedImage> {
  /**
   * Writes the image, its boxes drawn, to `target` in its own format, and returns it without boxes as a JPEG, its longer
   * side at most `previewSide`.
   */
  draw(image: Image, target: string, previewSide: number): Promise<Uint8Array>;
  /** Only objects above this score are shown on the page until its slider is moved. Default 0. */
  readonly score?: number;
}

export interface FolderOptions<Image extends DetectedImage> {
  /** Without it there are only `detections.json` and `images.json`. */
  readonly pictures?: PictureMaker<Image>;
  /** Of the model's categories with those whose ids `detections.json` has; by default these are the model's. */
  readonly match?: CategoryMatch | undefined;
  /**
   * Told of each image whose results or picture could not be written, and of the page or another file of the folder's
   * own, by its path; all others go on.
   */
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
 * constant memory. The two lists come first, and are valid and up to date at any moment; the page is put in its place
 * last. What cannot be written, as on a full disk, is told, and takes nothing else with it.
 */
export class DetectionFolder<Image extends DetectedImage = DetectedImage> {
  readonly #directory: string;
  readonly #planned: ReadonlyMap<string, PlannedImage>;
  readonly #release: () => Promise<void>;
  readonly #results: JsonArrayFile;
  readonly #images: JsonArrayFile;
  readonly #options: FolderOptions<Image>;
  /** Undefined where there is none, or none can be written any more. */
  #gallery: Gallery | undefined;
  readonly #drawing: Promise<Shown>[] = [];
  /** What is in `detections.json`, and what could not be written to it. */
  readonly #saved = { images: 0, results: 0 };
  readonly #lost = { images: 0, results: 0 };

  private constructor(
    directory: string,
    planned: readonly PlannedImage[],
    release: () => Promise<void>,
    [results, images]: readonly [JsonArrayFile, JsonArrayFile],
    options: FolderOptions<Image>,
  ) {
    this.#directory = directory;
    this.#planned = new Map(planned.map((image) => [image.file, image]));
    this.#release = release;
    this.#results = results;
    this.#images = images;
    this.#options = options;
  }

  /**
   * @throws {ResnetCocoError} `USAGE` if an input would be overwritten, or another process writes to the folder;
   *   `FILE_NOT_WRITABLE`
   */
  static async create<Image extends DetectedImage>(
    directory: string,
    images: readonly PlannedImage[],
    options: FolderOptions<Image>,
  ): Promise<DetectionFolder<Image>> {
    if (options.pictures) refuseOverwriting(directory, images);
    const missing = missingFolder(directory);
    const release = await lockFolder(directory);
    try {
      await removeUnfinished(directory);
      const results = await JsonArrayFile.create(join(directory, RESULTS));
      const list = await JsonArrayFile.create(join(directory, IMAGES));
      const folder = new DetectionFolder(directory, images, release, [results, list], options);
      await folder.#beginPage();
      return folder;
    } catch (error) {
      await release();
      if (missing !== undefined) await removeEmptyFolders(directory, missing);
      throw error;
    }
  }

  /** Takes one of the planned images; resolves when there is room for the next. */
  async add(image: Image): Promise<void> {
    const { id, name } = this.#planned.get(image.file)!;
    if (id !== undefined)
      await this.#record(id, name, image).catch((error) => this.#options.onFailure(image.file, error));
    if (this.#options.pictures) await this.#show(this.#draw(image, name, this.#options.pictures));
  }

  /** Notes on the page that an input failed, and why. */
  async fail(file: string, error: string): Promise<void> {
    if (this.#gallery) await this.#show(Promise.resolve({ file: this.#planned.get(file)?.name ?? file, error }));
  }

  /** How many images' results could not be written, beside what is saved; undefined where all were. */
  get losses(): string | undefined {
    const [saved, lost] = [this.#saved, this.#lost];
    if (!lost.images) return undefined;
    const has = `has ${saved.results} results of ${saved.images} images`;
    return `${join(this.#directory, RESULTS)}: ${has}; ${lost.results} results of ${lost.images} images could not be written and are lost`;
  }

  /** Ends what is being drawn and puts the files in their places. */
  async close(): Promise<void> {
    while (this.#drawing.length) await this.#showOldest();
    for (const [name, array] of [
      [RESULTS, this.#results],
      [IMAGES, this.#images],
    ] as const) {
      await array.commit().catch((error) => this.#options.onFailure(join(this.#directory, name), error));
    }
    await this.#onPage((gallery) => gallery.finish());
    await this.#release();
  }

  /** Both lists get the image, or none. */
  async #record(id: ImageId, file_name: string, { detections, height, width }: Image): Promise<void> {
    const { match } = this.#options;
    const results = cocoResults(id, match ? inDataset(detections, match) : detections);
    const before = this.#images.state;
    try {
      await this.#images.push({ id, file_name, width, height });
      await this.#results.push(...results);
    } catch (error) {
      this.#lost.images++;
      this.#lost.results += results.length;
      await this.#images.restore(before);
      throw error;
    }
    this.#saved.images++;
    this.#saved.results += results.length;
    // What cannot be copied now, for want of room, is put in its place at the end.
    await this.#results.publish().catch(() => {});
    await this.#images.publish().catch(() => {});
  }

  async #beginPage(): Promise<void> {
    const { onFailure, pictures } = this.#options;
    if (!pictures) return;
    const page = join(this.#directory, PAGE);
    const title = basename(resolve(this.#directory));
    try {
      this.#gallery = await Gallery.create(page, title, this.#planned.size, pictures.score);
    } catch (error) {
      onFailure(page, error);
    }
  }

  /** Does something to the page, if there is one; a page that cannot be written is given up, and told of once. */
  async #onPage(action: (gallery: Gallery) => Promise<void>): Promise<void> {
    const gallery = this.#gallery;
    if (!gallery) return;
    try {
      await action(gallery);
    } catch (error) {
      this.#gallery = undefined;
      await gallery.discard();
      this.#options.onFailure(join(this.#directory, PAGE), error);
    }
  }

  async #draw(image: Image, name: string, pictures: PictureMaker<Image>): Promise<Shown> {
    const { width, height, detections } = image;
    try {
      const target = join(this.#directory, name);
      checkWithin(this.#directory, target);
      await makeFolder(dirname(target));
      const preview = await pictures.draw(image, target, previewSide(this.#planned.size));
      return { file: name, width, height, detections, preview, link: name };
    } catch (error) {
      this.#options.onFailure(image.file, error);
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
    await this.#onPage((gallery) => ('error' in item ? gallery.fail(item.file, item.error) : gallery.add(item)));
  }
}
