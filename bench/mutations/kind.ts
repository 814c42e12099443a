import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import type { Random } from '../../io/random.ts';
import { fixturesDir } from '../../test/shared-data.ts';

/**
 * Makes an input in an empty folder and reads it. It throws what the library throws. A second folder is shared by the
 * cases of one process.
 */
export type Kind = (random: Random, folder: string, kept: string) => Promise<void>;

/** Small fixture files, by extension. */
export function seeds(folder: string, ...endings: string[]): Buffer[] {
  const path = join(fixturesDir, folder);
  const names = readdirSync(path).filter((name) => endings.includes(extname(name)));
  return names.map((name) => readFileSync(join(path, name))).filter(({ length }) => length < 100_000);
}

export function write(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

export const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};

/** Awaits both, then throws the error of either: one reader must not hide the other's fault. */
export async function all(...works: (() => unknown)[]): Promise<void> {
  const thrown: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      thrown.push(error);
    }
  }
  const foreign = thrown.find((error) => !(error instanceof ResnetCocoError));
  if (thrown.length) throw foreign ?? thrown[0];
}

export const picture = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) >> 4),
});
