import { posix } from 'node:path';
import { isImageName } from '../images/image-extensions.ts';
import type { ImageId } from './coco/coco-format.ts';
import { type FileFinder, portablePath, withoutExtension } from './file-finder.ts';
import type { DatasetProblem, ProblemList } from './problems.ts';

/** How the folder of images was chosen. */
export interface ImageFolderOptions {
  /** The user named no folder; this one was found in a usual place, so it need not have all images. */
  readonly isGuess?: boolean;
}

/** Where a name stands in the annotations, for errors. */
type Place = Pick<DatasetProblem, 'file' | 'field' | 'value'>;

const MAX_SHOWN = 5;
const listed = (names: readonly string[]): string =>
  names.slice(0, MAX_SHOWN).join(', ') + (names.length > MAX_SHOWN ? ' …' : '');

/** The files of a data set's images, if their folder is known. No two images share a file. */
export class ImageFiles {
  /** By image id. */
  readonly paths = new Map<ImageId, string>();
  readonly #owners = new Map<string, ImageId>();
  readonly #finder: FileFinder | undefined;
  readonly #problems: ProblemList;
  readonly #isGuess: boolean;
  readonly #missing: string[] = [];

  constructor(finder: FileFinder | undefined, problems: ProblemList, { isGuess = false }: ImageFolderOptions = {}) {
    this.#finder = finder;
    this.#problems = problems;
    this.#isGuess = isGuess;
  }

  /**
   * Finds an image's file by the first of `names` that exists. Reports an error when none exists or another image has
   * it.
   *
   * @returns the file's name relative to the folder of images; undefined when there is none
   */
  find(image: ImageId, names: readonly string[], place: Place): string | undefined {
    const finder = this.#finder;
    if (!finder) return undefined;
    let name: string | undefined;
    for (const candidate of names) name ??= finder.find(candidate);
    if (name === undefined) {
      if (this.#isGuess) this.#missing.push(names[0]);
      else this.#problems.error({ ...place, image, kind: 'missing file', message: this.#notFound(names[0]) });
      return undefined;
    }
    const owner = this.#owners.get(name);
    if (owner !== undefined) {
      const message = `the only file that fits, ${finder.path(name)}, is image ${owner}; name the folder of all images`;
      this.#problems.error({ ...place, image, kind: 'duplicate', message });
      return undefined;
    }
    this.#owners.set(name, image);
    this.paths.set(image, finder.path(name));
    return name;
  }

  /** Lists the images that a guessed folder lacks, in one warning. */
  tellMissing(file: string): void {
    const missing = this.#missing;
    if (!missing.length) return;
    const count = missing.length === 1 ? '1 image' : `${missing.length} images`;
    const message = `${count} not found (${listed(missing)}) in ${this.#finder?.folder}, where the others are; name the folder of all images (--images DIR)`;
    this.#problems.warning({ file, kind: 'missing file', message });
  }

  /** Lists the images without annotations in one warning. `annotations` are the names of all annotations. */
  tellUnused(file: string, annotations: readonly string[]): void {
    const annotated = new Set(annotations.map((name) => posix.basename(withoutExtension(name)).normalize()));
    const unused = (this.#finder?.names ?? []).filter(
      (name) => !this.#owners.has(name) && !annotated.has(posix.basename(withoutExtension(name)).normalize()),
    );
    if (!unused.length) return;
    const count =
      unused.length === 1
        ? '1 image has no annotation and is not used'
        : `${unused.length} images have no annotation and are not used`;
    const message = `${count} (${listed(unused)}); add one, without objects where it shows none`;
    this.#problems.warning({ file, kind: 'unused file', message });
  }

  #notFound(name: string): string {
    if (portablePath(name).startsWith('../') && !isImageName(name)) {
      return `it leads out of ${this.#finder?.folder} and is no image's name; nothing is opened there; correct it, or remove the image`;
    }
    return `no file of this name, or several in sub-folders, in ${this.#finder?.folder}; add it, or remove the image`;
  }
}
