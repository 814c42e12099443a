import { join } from 'node:path';
import { decodeXml } from '../../../io/text-encoding.ts';
import { FILES_AT_ONCE, readText } from '../../../io/text-file.ts';
import { mapOrdered } from '../../../io/threads/map-ordered.ts';
import { findInBox } from '../box-check.ts';
import { readCategoriesFile } from '../categories-file.ts';
import type { CocoAnnotation, CocoCategory, CocoImage } from '../coco/coco-format.ts';
import { numberImages } from '../coco/image-numbers.ts';
import type { DetectionSource, FoundDataset } from '../detection-source.ts';
import { portablePath, withoutExtension } from '../file-finder.ts';
import { ImageFiles } from '../image-files.ts';
import { measureImage } from '../measure-image.ts';
import { comparedName } from '../named-categories.ts';
import { ProblemList } from '../problems.ts';
import { findVocLayout, type VocLayout } from './voc-layout.ts';
import { parseVoc, type VocFile, type VocObject } from './voc-xml.ts';

/** A Pascal VOC object as a COCO annotation. Fields that VOC does not set, or sets to `Unspecified`, are left out. */
export interface VocAnnotation extends CocoAnnotation {
  readonly pose?: string;
  readonly truncated?: 1;
  readonly occluded?: 1;
  /** VOC's scores leave difficult objects out. */
  readonly difficult?: 1;
  /** Converters to COCO commonly write this for `difficult`. pycocotools reads only `iscrowd`. */
  readonly ignore?: 1;
}

interface Entry {
  /** The annotation's path, relative to the folder. */
  readonly name: string;
  readonly file: string;
  readonly stem: string;
  readonly id: number;
  readonly content: VocFile;
}

/**
 * Reads Pascal VOC's XML files. A VOC box names its first and last pixel, counted from 1, so x = xmin − 1 and width =
 * xmax − xmin + 1. Image ids are the numbers in the names if those are unique, else 1, 2, 3 …; annotation ids count
 * from 1; category ids count from 1 in order of names, or come from `categories.json` in the folder. Every split gets
 * the same ids. A missing image size is read from the image.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when a file or folder is missing
 * @throws ResnetCocoError BAD_DATASET when this is not a VOC data set
 */
export async function readVoc(source: DetectionSource, problems: ProblemList): Promise<FoundDataset> {
  const layout = await findVocLayout(source);
  const listedCategories = await readCategoriesFile(layout.root, problems);
  const entries = await readEntries(layout, source.signal, problems);
  const categories = listedCategories ?? categoriesOf(entries);
  const result = new VocDataset(layout, categories, problems);
  for (const entry of wantedEntries(entries, layout, problems)) await result.add(entry);
  if (!layout.list) result.tellUnused(layout);
  return result.found();
}

/** The entries of the split; all entries when there is no split. */
function wantedEntries(entries: readonly Entry[], { list }: VocLayout, problems: ProblemList): readonly Entry[] {
  if (!list) return entries;
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const seen = new Set<string>();
  return list.entries.flatMap(({ text, name }) => {
    const entry = name === undefined ? undefined : byName.get(name);
    const isTwice = seen.has(name ?? text);
    seen.add(name ?? text);
    if (entry && !isTwice) return [entry];
    const message = isTwice
      ? 'it is in the list already'
      : 'no usable annotation has this name; add it, or remove the line';
    const kind = isTwice ? 'duplicate' : 'missing file';
    problems[isTwice ? 'warning' : 'error']({ file: list.file, kind, field: 'name', value: text, message });
    return [];
  });
}

/** Reads all annotations. Problems outside the split are not reported. */
async function readEntries(
  { xmlFolder, names, list }: VocLayout,
  signal: AbortSignal | undefined,
  problems: ProblemList,
): Promise<Entry[]> {
  const stems = names.map(withoutExtension);
  const { ids } = numberImages(stems);
  const wanted = list && new Set(list.entries.map(({ name }) => name));
  const entries: Entry[] = [];
  const texts = mapOrdered(names, FILES_AT_ONCE, async (name) => {
    const file = join(xmlFolder, name);
    return { name, file, text: await readText(file, decodeXml).catch((error: unknown) => error as Error) };
  });
  let index = 0;
  for await (const { name, file, text } of texts) {
    signal?.throwIfAborted();
    const [stem, id] = [stems[index], ids[index]];
    index++;
    const told = !wanted || wanted.has(name) ? problems : new ProblemList();
    try {
      if (text instanceof Error) throw text;
      const content = parseVoc(text, (found) => told.error({ file, image: id, ...found }));
      entries.push({ name, file, stem, id, content });
    } catch (error) {
      // The parser shows an excerpt below its message.
      const [reason] = (error as Error).message.replace(`${file}: `, '').split('\n');
      told.error({ file, image: id, kind: 'unreadable file', message: `${reason}; correct the file, or remove it` });
    }
  }
  return entries;
}

function categoriesOf(entries: readonly Entry[]): CocoCategory[] {
  const names = new Set(entries.flatMap(({ content }) => content.objects.map(({ name }) => name)));
  return [...names].sort().map((name, index) => ({ id: index + 1, name }));
}

/** The image's name from `filename`. White space around it counts only if the annotation's own name has it too. */
function imageName(stem: string, filename = ''): string {
  const isExact = withoutExtension(portablePath(filename)).normalize() === stem.normalize();
  return (isExact ? filename : filename.trim()) || `${stem}.jpg`;
}

class VocDataset {
  readonly #categories: readonly CocoCategory[];
  readonly #categoryIds: ReadonlyMap<string, number>;
  readonly #problems: ProblemList;
  readonly #images: CocoImage[] = [];
  readonly #annotations: VocAnnotation[] = [];
  readonly #files: ImageFiles;

  constructor({ finder }: VocLayout, categories: readonly CocoCategory[], problems: ProblemList) {
    this.#files = new ImageFiles(finder, problems);
    this.#categories = categories;
    this.#categoryIds = new Map(categories.map(({ id, name }) => [comparedName(name), id]));
    this.#problems = problems;
  }

  found(): FoundDataset {
    const dataset = { images: this.#images, annotations: this.#annotations, categories: this.#categories };
    return { dataset, files: this.#files.paths };
  }

  tellUnused({ names, xmlFolder }: VocLayout): void {
    this.#files.tellUnused(xmlFolder, names);
  }

  async add(entry: Entry): Promise<void> {
    const image = await this.#imageOf(entry);
    if (!image) return;
    this.#images.push(image);
    for (const object of entry.content.objects) this.#addObject(entry.file, image, object);
  }

  async #imageOf({ file, stem, id, content }: Entry): Promise<CocoImage | undefined> {
    const declared = imageName(stem, content.filename);
    // Tools often write a wrong `filename`, so the annotation's own name comes first, as in VOC.
    const name = this.#files.find(id, [stem, declared], { file, field: 'filename', value: declared });
    const path = this.#files.paths.get(id);
    const { width, height } = content;
    if (width && height) return { id, file_name: name ?? declared, width, height };
    const size = path && (await measureImage(path, id, this.#problems));
    if (size) return { id, file_name: name ?? declared, ...size };
    if (!path) {
      const message = 'width or height is missing or 0; add it, or name the folder of images';
      this.#problems.error({ file, image: id, kind: 'missing field', field: 'size', value: undefined, message });
    }
    return undefined;
  }

  #addObject(file: string, image: CocoImage, { line, name, bbox, difficult, iscrowd, ...rest }: VocObject): void {
    const id = this.#annotations.length + 1;
    const place = { file, line, image: image.id };
    const category = this.#categoryIds.get(name);
    if (category === undefined) {
      const message = 'categories.json has no category of this name; add it there, or correct the name';
      this.#problems.error({ ...place, kind: 'unknown reference', field: 'name', value: name, message });
      return;
    }
    const found = findInBox(bbox, image);
    if (found) {
      const { severity, kind, message } = found;
      this.#problems[severity]({ ...place, kind, field: 'bndbox', value: bbox, message });
      if (severity === 'error') return;
    }
    this.#annotations.push({
      id,
      image_id: image.id,
      category_id: category,
      bbox,
      area: bbox[2] * bbox[3],
      iscrowd: iscrowd ?? 0,
      ...rest,
      ...(difficult && !iscrowd && { difficult, ignore: 1 }),
    });
  }
}
