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
  /** By position of the file; no two are the same. */
  readonly ids: readonly number[];
  /** Why they are 1, 2, 3 … and not the numbers of the names. */
  readonly note?: string;
}

/** Ids of images: the number in each file's name, or, as soon as one has none or two have the same, 1, 2, 3 … for all. */
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
