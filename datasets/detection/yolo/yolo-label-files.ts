import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isFolder } from '../../../io/regular-file.ts';
import { readText } from '../../../io/text-file.ts';
import { isImageName, isUnreadImageName } from '../../images/image-extensions.ts';
import { listFiles, withoutExtension } from '../file-finder.ts';
import { Folders, Spellings } from '../spelling.ts';

/** Names of image folders that become `labels` in the paths of label files. */
const IMAGES = /^(images|jpegimages)$/i;
const LABELS = /^labels$/i;
/** Text files beside labels that are not label files. */
const OTHERS = /^(classes|labels|train|val|valid|test|images|readme.*|notes)\.txt$/i;
/** The start of a line in a label file. */
const LABEL_LINE = /^\s*\d+(\.0*)?(\s+[-+.\de]+){4}/i;

/** A folder where labels of images may lie. */
interface LabelPlace {
  readonly folder: string;
  /** The folder `labels` above it; undefined for labels beside images. */
  readonly root: string | undefined;
}

/** Label files that no image uses. Those of unreadable images are not counted. */
export interface UnusedLabels {
  readonly withoutImage: readonly string[];
  /** Their images are in none of the lists and folders read. */
  readonly ofOtherImages: readonly string[];
}

/**
 * Finds the label files of images. As in Ultralytics, the last `images` in the path becomes `labels`; otherwise the
 * label file is beside the image. Names compare as in `Spellings`, and `.TXT` is accepted too.
 */
export class YoloLabelFiles {
  readonly #folders = new Folders();
  readonly #labels = new Map<string, Spellings>();
  readonly #stems = new Map<string, Spellings>();
  readonly #used = new Set<string>();
  /** Where labels were looked for, by folder of images. */
  readonly #places = new Map<string, readonly LabelPlace[]>();

  /** @returns undefined for an image without labels */
  find(image: string): string | undefined {
    const stem = withoutExtension(basename(image));
    for (const { folder } of this.#placesOf(dirname(image))) {
      const name = this.#labelsIn(folder).find(`${stem}.txt`);
      if (name === undefined || this.#isOfAnother(withoutExtension(name), image)) continue;
      const path = join(folder, name);
      this.#used.add(path);
      return path;
    }
    return undefined;
  }

  /** Where an image's labels may lie, for messages. */
  expected(image: string): string[] {
    const mirrored = mirrorOf(dirname(image), IMAGES, 'labels');
    const name = `${withoutExtension(basename(image))}.txt`;
    return [...(mirrored ? [join(...mirrored)] : []), dirname(image)].map((folder) => join(folder, name));
  }

  /**
   * Lists the label files without an image, in the label folders of these image folders.
   *
   * @param isWhole every split was read: labels outside those folders count too
   */
  async unused(folders: readonly string[], isWhole: boolean): Promise<UnusedLabels> {
    const roots = new Map<string, boolean>();
    for (const images of [...folders, ...this.#places.keys()]) {
      for (const { folder, root } of this.#placesOf(images)) {
        roots.set(isWhole && root !== undefined ? root : folder, root !== undefined);
      }
    }
    const withoutImage = new Set<string>();
    const ofOtherImages = new Set<string>();
    for (const [root, isOfLabels] of roots) {
      if (!isFolder(root)) continue;
      for (const name of await listFiles(root, ['txt'])) {
        const path = join(root, name);
        if (this.#used.has(path) || !(await isLabelFile(path, isOfLabels))) continue;
        const image = this.#imageOf(path);
        if (image === undefined) withoutImage.add(path);
        else if (isImageName(image)) ofOtherImages.add(path);
      }
    }
    return { withoutImage: [...withoutImage], ofOtherImages: [...ofOtherImages] };
  }

  /** The existing label folders of a folder of images. */
  #placesOf(images: string): readonly LabelPlace[] {
    const there = this.#places.get(images);
    if (there) return there;
    const mirrored = mirrorOf(images, IMAGES, 'labels');
    const folder = mirrored && this.#folders.find(...mirrored);
    const root = mirrored && this.#folders.find(mirrored[0], 'labels');
    const beside: LabelPlace = { folder: images, root: undefined };
    const places = folder === undefined ? [beside] : [{ folder, root }, beside];
    this.#places.set(images, places);
    return places;
  }

  /** The image of a label file, readable or not. */
  #imageOf(label: string): string | undefined {
    const stem = withoutExtension(basename(label));
    const images = mirrorOf(dirname(label), LABELS, 'images');
    const mirrored = images && this.#folders.find(...images);
    return (
      (mirrored === undefined ? undefined : this.#imagesIn(mirrored).find(stem)) ??
      this.#imagesIn(dirname(label)).find(stem)
    );
  }

  /** Whether a label file that matches only loosely belongs to another image. */
  #isOfAnother(stem: string, image: string): boolean {
    const own = withoutExtension(basename(image));
    if (stem.normalize() === own.normalize()) return false;
    const other = this.#imagesIn(dirname(image)).find(stem);
    return other !== undefined && withoutExtension(other).normalize() === stem.normalize();
  }

  #labelsIn(folder: string): Spellings {
    return listed(this.#labels, folder, (names) => new Spellings(names.filter((name) => /\.txt$/i.test(name))));
  }

  /** The images of a folder by stem. Of images with the same stem, any will do. */
  #imagesIn(folder: string): Spellings {
    return listed(this.#stems, folder, (names) => {
      const images = names.filter((name) => isImageName(name) || isUnreadImageName(name));
      return new Spellings(new Map(images.map((name) => [withoutExtension(name), name])).values(), withoutExtension);
    });
  }
}

function listed(cache: Map<string, Spellings>, folder: string, make: (names: string[]) => Spellings): Spellings {
  const there = cache.get(folder);
  if (there) return there;
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // The folder is missing: it has no names.
  }
  const spellings = make(names);
  cache.set(folder, spellings);
  return spellings;
}

/**
 * Renames the last part of a path that matches `kind`, and returns the path above and below it; undefined when none
 * matches.
 */
function mirrorOf(path: string, kind: RegExp, name: string): [above: string, below: string] | undefined {
  const parts = path.split(/[\\/]/);
  const at = parts.findLastIndex((part) => kind.test(part));
  if (at < 0) return undefined;
  const above = parts.slice(0, at).join('/') || (path.startsWith('/') ? '/' : '.');
  return [above, [name, ...parts.slice(at + 1)].join('/')];
}

/** Whether the text looks like labels. An empty file does if the labels have their own folder. */
export async function isLabelFile(path: string, isOfLabels: boolean): Promise<boolean> {
  if (OTHERS.test(basename(path))) return false;
  const text = await readText(path).catch(() => '');
  return text.trim() === '' ? isOfLabels : LABEL_LINE.test(text);
}
