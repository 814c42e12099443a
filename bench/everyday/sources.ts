/** The public collections of labeled photographs, each in the layout of its repository. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, partOf } from './held-apart.ts';

export interface LabeledPicture {
  readonly label: string;
  readonly file: string;
  readonly part: Part;
}

const lines = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim());

/** The first name of each wnid in a `words.txt`: `n01443537` is a goldfish. */
export function readWordNetNames(file: string): ReadonlyMap<string, string> {
  return new Map(
    lines(file).map((line) => {
      const [wnid, names] = line.split('\t');
      return [wnid, names.split(',')[0].trim()];
    }),
  );
}

/** @param folder `tiny-imagenet-200`; its `val` is held out, its `test` has no labels */
export function tinyImagenet(folder: string, names: ReadonlyMap<string, string>): LabeledPicture[] {
  const nameOf = (wnid: string) => names.get(wnid) ?? wnid;
  const train = lines(join(folder, 'wnids.txt')).flatMap((wnid) => {
    const images = join(folder, 'train', wnid, 'images');
    return readdirSync(images).map((name) => ({
      label: nameOf(wnid),
      file: join(images, name),
      part: 'train' as const,
    }));
  });
  const val = lines(join(folder, 'val', 'val_annotations.txt')).map((line) => {
    const [name, wnid] = line.split('\t');
    return { label: nameOf(wnid), file: join(folder, 'val', 'images', name), part: 'val' as const };
  });
  return [...train, ...val];
}

/**
 * Both parts of Imagenette are trained on, except images of ImageNet's own validation set, on which other models are
 * evaluated: those are held out.
 */
export function imagenette(folder: string, names: ReadonlyMap<string, string>): LabeledPicture[] {
  return ['train', 'val'].flatMap((split) =>
    readdirSync(join(folder, split)).flatMap((wnid) =>
      readdirSync(join(folder, split, wnid)).map((name) => ({
        label: names.get(wnid) ?? wnid,
        file: join(folder, split, wnid, name),
        part: /^ILSVRC2012_val_/.test(name) ? 'val' : 'train',
      })),
    ),
  );
}

/** The 43 coarse classes. `val.txt` is trained on too, `test.txt` is held out. */
export function groceries(folder: string): LabeledPicture[] {
  const coarse = new Map(
    lines(join(folder, 'classes.csv'))
      .slice(1)
      .map((line) => {
        const [, , name, id] = line.split(',');
        return [Number(id), name.replaceAll('-', ' ')];
      }),
  );
  return (['train', 'val', 'test'] as const).flatMap((list) =>
    lines(join(folder, `${list}.txt`)).map((line) => {
      const [file, , label] = line.split(',').map((cell) => cell.trim());
      return {
        label: coarse.get(Number(label)) ?? label,
        file: join(folder, file),
        part: list === 'test' ? 'val' : 'train',
      };
    }),
  );
}

const UNNAMED_CLOTHES = ['Not sure', 'Other', 'Skip'];

/** One image in ten is held out, together with all of the same sender, who photographs one room. */
export function clothes(folder: string): LabeledPicture[] {
  const present = new Set(readdirSync(join(folder, 'images')));
  return lines(join(folder, 'images.csv'))
    .slice(1)
    .flatMap((line) => {
      const [image, sender, label] = line.split(',');
      if (UNNAMED_CLOTHES.includes(label) || !present.has(`${image}.jpg`)) return [];
      return [{ label, file: join(folder, 'images', `${image}.jpg`), part: partOf(`sender ${sender}`, 0.1) }];
    });
}

/** A folder with one folder of images per class, all of one part. */
export function classFolders(folder: string, part: Part): LabeledPicture[] {
  return readdirSync(folder).flatMap((label) =>
    readdirSync(join(folder, label)).map((name) => ({ label, file: join(folder, label, name), part })),
  );
}
