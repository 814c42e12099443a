function digitsInName(path: string): string | undefined {
  const name = path.split(/[\\/]/).findLast((part) => part && part !== '.') ?? '';
  return name
    .replace(/(?<=.)\.[^.]*$/, '')
    .match(/\d+/g)
    ?.at(-1);
}

/** `COCO_val2014_000000000042.jpg` → 42: the last run of digits of the name, without its extension. */
export function numberInName(path: string): number | undefined {
  const number = Number(digitsInName(path));
  return Number.isSafeInteger(number) ? number : undefined;
}

export interface ImageNumbers {
  /** In the order of the files; unique. */
  readonly ids: readonly number[];
  /** Why the ids are 1, 2, 3 … and not the numbers in the names. */
  readonly note?: string;
}

/** Ids of images: the number in each file's name; if a name has none or two names share one, 1, 2, 3 … for all. */
export function numberImages(files: readonly string[]): ImageNumbers {
  const byId = new Map<number, string>();
  const inOrder = (note: string): ImageNumbers => ({ ids: files.map((_, index) => index + 1), note });
  for (const file of files) {
    const id = numberInName(file);
    if (id === undefined) {
      const isAbsent = digitsInName(file) === undefined;
      return inOrder(
        isAbsent ? `'${file}' has no number in its name` : `the number in the name of '${file}' is beyond 2^53 − 1`,
      );
    }
    const other = byId.get(id);
    if (other !== undefined) return inOrder(`'${other}' and '${file}' have the same number`);
    byId.set(id, file);
  }
  return { ids: [...byId.keys()] };
}
