import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { type DatasetProblem, type ReadOptions, readDetectionDataset } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { pngFile } from '../images/test-png.ts';

/** A folder of files for one test file. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'dataset-'));
  #count = 0;

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(path: string, content: string | Uint8Array): string {
    const full = this.path(path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  }

  /** A new folder with these files. */
  tree(files: Readonly<Record<string, string | Uint8Array>>): string {
    const name = `tree${this.#count++}`;
    mkdirSync(this.path(name));
    for (const [path, content] of Object.entries(files)) this.write(join(name, path), content);
    return this.path(name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A PNG file without pixels: its header tells its size. */
export const pngHeader = (width: number, height: number): Uint8Array =>
  pngFile(width, height, { colorType: 2 }, new Uint8Array(0));

/** The problems of a data set, read as far as it can be. */
export async function problemsOf(options: ReadOptions): Promise<readonly DatasetProblem[]> {
  const { problems } = await readDetectionDataset({ ...options, strict: false });
  assert.is(problems.errors + problems.warnings, problems.first.length);
  return problems.first;
}

export async function assertFails(work: Promise<unknown>, message: RegExp, code = 'BAD_DATASET'): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, ResnetCocoError);
  assert.match((error as ResnetCocoError).message, message);
  assert.is((error as ResnetCocoError).code, code);
}
