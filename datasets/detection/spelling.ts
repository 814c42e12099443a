import { readdirSync } from 'node:fs';
import { join, parse, sep } from 'node:path';

/** NFC: macOS writes é as two characters, other systems as one. */
const composed = (name: string): string => name.normalize('NFC');
/** Also without case, which Windows and macOS ignore. */
const folded = (name: string): string => composed(name).toLowerCase();

/** Finds names by a key, such as their stem: by exact spelling, else by NFC, else without case. */
export class Spellings {
  readonly #names: Iterable<string>;
  readonly #key: (name: string) => string;
  /**
   * The one name of each key; undefined when several share it. Each map is built only if the one before finds nothing.
   */
  readonly #maps = new Map<(key: string) => string, ReadonlyMap<string, string | undefined>>();

  constructor(names: Iterable<string>, key: (name: string) => string = (name) => name) {
    this.#names = names;
    this.#key = key;
  }

  /** The name with this key; undefined when none or several match. */
  find(key: string): string | undefined {
    for (const spelling of [String, composed, folded]) {
      const map = this.#mapOf(spelling);
      const name = map.get(spelling(key));
      if (name !== undefined || map.has(spelling(key))) return name;
    }
    return undefined;
  }

  /** Whether any name matches the key. */
  has(key: string): boolean {
    return this.#mapOf(folded).has(folded(key));
  }

  #mapOf(spelling: (key: string) => string): ReadonlyMap<string, string | undefined> {
    const there = this.#maps.get(spelling);
    if (there) return there;
    const map = new Map<string, string | undefined>();
    for (const name of this.#names) {
      const key = spelling(this.#key(name));
      map.set(key, map.has(key) ? undefined : name);
    }
    this.#maps.set(spelling, map);
    return map;
  }
}

/** Finds paths as the disk spells them. Each folder is listed once. */
export class Folders {
  readonly #names = new Map<string, Spellings>();

  /** The path of `name` in a folder, where `name` may contain folders; undefined when it does not exist. */
  find(folder: string, name: string): string | undefined {
    let path = folder;
    for (const part of name.split('/')) {
      const isStep = part === '' || part === '.' || part === '..';
      const spelled = isStep ? part : this.#namesIn(path).find(part);
      if (spelled === undefined) return undefined;
      path = join(path, spelled);
    }
    return path;
  }

  #namesIn(folder: string): Spellings {
    const there = this.#names.get(folder);
    if (there) return there;
    let names: string[] = [];
    try {
      names = readdirSync(folder);
    } catch {
      // Missing or not a folder: it has no names.
    }
    const spellings = new Spellings(names);
    this.#names.set(folder, spellings);
    return spellings;
  }
}

/** A path as the disk spells it, absolute or relative to the working directory; undefined when it does not exist. */
export function spelledFile(path: string): string | undefined {
  const { root } = parse(path);
  return new Folders().find(root || '.', path.slice(root.length).split(sep).join('/'));
}

/** Finds one path as `Folders` does. */
export const spelledPath = (folder: string, name: string): string | undefined => new Folders().find(folder, name);
