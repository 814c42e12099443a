import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fixturesDir } from '../shared-data.ts';

/** An array as `detection_host.py` writes it. */
export interface Packed {
  readonly shape: readonly number[];
  readonly f32?: string;
  readonly i32?: string;
}

/** What torchvision gives for one part of the detector; the shape of `T` is that of the script's dictionary. */
export function golden<T>(part: string): T {
  return JSON.parse(readFileSync(join(fixturesDir, 'detection_host.json'), 'utf8'))[part];
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64')).buffer;

export function floats(packed: Packed): Float32Array {
  return new Float32Array(bytesOf(packed.f32!));
}

export function integers(packed: Packed): Int32Array {
  return new Int32Array(bytesOf(packed.i32!));
}

/** Every number within `tolerance`, absolute for small numbers and relative for large ones; NaN equals NaN. */
export function close(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < actual.length; i++) {
    const same = Object.is(actual[i], expected[i]) || actual[i] === expected[i];
    const near = Math.abs(actual[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]));
    if (!same && !near) assert.unreachable(`${what}[${i}] is ${actual[i]}, expected ${expected[i]}`);
  }
}

/** The same numbers bit by bit, save that +0 is −0. */
export const equal = (actual: Float32Array, expected: Float32Array, what: string) => close(actual, expected, 0, what);

/** Sizes as torch writes them, [height, width]. */
export const sizeOfPair = ([height, width]: readonly [number, number]) => ({ height, width });
