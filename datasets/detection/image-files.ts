import type { ImageId } from '../coco-format.ts';
import type { FileFinder } from './file-finder.ts';
import type { DatasetProblem, ProblemList } from './problems.ts';

/** The files of a data set's images, as far as a folder of images is known, each of one image only. */
export class ImageFiles {
  /** By the image's id. */
  readonly paths = new Map<ImageId, string>();
  readonly #owners = new Map<string, ImageId>();
  readonly #finder: FileFinder | undefined;
  readonly #problems: ProblemList;

  constructor(finder: FileFinder | undefined, problems: ProblemList) {
    this.#finder = finder;
    this.#problems = problems;
  }

  /**
   * Finds an image's file by the first of `names` that there is, and tells of an error where none is, or where it is
   * another image's.
   *
   * @param place of the name, for the error
   * @returns the file's name relative to the folder of images; undefined without one
   */
  find(
    image: ImageId,
    names: readonly string[],
    place: Pick<DatasetProblem, 'file' | 'field' | 'value'>,
  ): string | undefined {
    const finder = this.#finder;
    if (!finder) return undefined;
    let name: string | undefined;
    for (const wanted of names) name ??= finder.find(wanted);
    if (name === undefined) {
      const message = `no file of this name, or several in sub-folders, in ${finder.folder}; add it, or remove the image`;
      this.#problems.error({ ...place, image, kind: 'missing file', message });
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
}
