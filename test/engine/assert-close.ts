import * as assert from 'uvu/assert';
import type { NamedArrays } from '../../engine/index.ts';

/** The same names, and numbers within `tolerance` of the largest of their array. */
export function assertClose(actual: NamedArrays, expected: NamedArrays, tolerance: number): void {
  assert.equal(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, numbers] of Object.entries(expected)) {
    const scale = numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 1e-3);
    numbers.forEach((number, i) => {
      const off = Math.abs(actual[name][i] - number) / scale;
      if (!(off <= tolerance)) assert.unreachable(`${name}[${i}]: ${actual[name][i]}, not ${number}`);
    });
  }
}
