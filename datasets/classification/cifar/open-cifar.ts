import { join } from 'node:path';
import { ResnetCocoError } from '../../../errors.ts';
import { isFile, isFolder } from '../../../io/regular-file.ts';
import type { Image } from '../../images/image.ts';
import type { ClassificationDataset, Split } from '../classification-dataset.ts';
import { binaryLayout } from './binary-layout.ts';
import { badDataset, type CifarBatch, type CifarLayout } from './cifar-batch.ts';
import { type CifarKind, SIDE } from './cifar-kind.ts';
import { pngLayout } from './png-layout.ts';
import { pythonLayout } from './python-layout.ts';

const layouts: readonly CifarLayout[] = [binaryLayout, pythonLayout, pngLayout];

/**
 * Opens CIFAR-10 or CIFAR-100 in any layout in `folder`, or in the archive's folder within it. All images of the split
 * are held in memory, 3 kB each.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when a file is missing
 * @throws ResnetCocoError BAD_DATASET when a file is wrong; names the file and the image
 */
export async function openCifar(
  kind: CifarKind,
  folder: string,
  split: Split = 'test',
): Promise<ClassificationDataset> {
  const { layout, place } = findLayout(kind, folder, split);
  const batches = await layout.read(kind, place, split);
  return new CifarDataset(kind.name, await classNames(kind, layout, place), batches);
}

function findLayout(kind: CifarKind, folder: string, split: Split): { layout: CifarLayout; place: string } {
  if (!isFolder(folder)) {
    throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: no such folder`);
  }
  const known = layouts.filter(({ kinds }) => kinds.includes(kind));
  const [first] = kind.batches[split];
  for (const place of [folder, ...kind.subfolders.map((name) => join(folder, name))]) {
    const layout = known.find(({ file }) => isFile(join(place, file(first))));
    if (layout) return { layout, place };
  }
  const files = known.map(({ name, file }) => `${file(first)} (${name} layout)`);
  throw badDataset(
    folder,
    `no ${kind.title} for ${split}ing here: looked for ${files.join(', ')}, here and in ${kind.subfolders.join(', ')}`,
  );
}

async function classNames(kind: CifarKind, layout: CifarLayout, place: string): Promise<readonly string[]> {
  const names = (await layout.classes(kind, place)) ?? kind.classes;
  const file = join(place, layout === pythonLayout ? kind.python.meta : kind.binaryNames);
  if (!names) throw new ResnetCocoError('FILE_NOT_FOUND', `${file}: no such file; it names the classes`);
  if (names.length !== kind.classCount) {
    throw badDataset(file, `it names ${names.length} classes; ${kind.title} has ${kind.classCount}`);
  }
  return names;
}

class CifarDataset implements ClassificationDataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly length: number;
  readonly #batches: readonly CifarBatch[];

  constructor(name: string, classes: readonly string[], batches: readonly CifarBatch[]) {
    this.name = name;
    this.classes = classes;
    this.length = batches.reduce((sum, { labels }) => sum + labels.length, 0);
    this.#batches = batches;
  }

  nameOf(index: number): string {
    const [{ name }, at] = this.#find(index);
    return `${name}[${at}]`;
  }

  image(index: number): Image {
    const [batch, at] = this.#find(index);
    return { width: SIDE, height: SIDE, data: batch.pixels(at) };
  }

  label(index: number): number {
    const [{ labels }, at] = this.#find(index);
    return labels[at];
  }

  #find(index: number): [CifarBatch, number] {
    let at = index;
    for (const batch of this.#batches) {
      if (at >= 0 && at < batch.labels.length) return [batch, at];
      at -= batch.labels.length;
    }
    throw new RangeError(`image ${index} of ${this.length}`);
  }
}
