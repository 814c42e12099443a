import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { CocoDataset, CocoResult } from '../../../datasets/index.ts';
import type { Accumulated } from '../../../eval/cocoeval/accumulate.ts';
import { pairwiseSum } from '../../../eval/cocoeval/pairwise-sum.ts';
import type { IouType, Params } from '../../../eval/cocoeval/params.ts';
import { fixturesDir } from '../../shared-data.ts';

/** What pycocotools accumulates: sums of precision, recall and scores, and a digest of all of them. */
export interface ExpectedArrays {
  readonly sums: readonly number[];
  readonly digest: string;
}

/** A case of `coco_eval.py`. */
export interface CocoCase {
  readonly type: IouType;
  readonly gt: CocoDataset;
  readonly dt: readonly CocoResult[];
  readonly params: Partial<Params>;
  readonly expected: {
    readonly images: string;
    readonly ious: { readonly count: number; readonly sum: number; readonly digest: string };
    readonly all: ExpectedArrays;
    /** Absent where `summarize` does not work. */
    readonly stats?: readonly number[];
    readonly lines?: string;
    /** With a part of the settings. */
    readonly part?: ExpectedArrays & { readonly params: Partial<Params> };
  };
}

export function readFixture<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(join(fixturesDir, name))).toString()) as T;
}

/** The head of the SHA-1 of numbers, as little-endian doubles, or of a text. */
export function digest(content: readonly number[] | Float64Array | string): string {
  const numbers = Array.isArray(content) ? Float64Array.from(content) : content;
  const bytes = numbers instanceof Float64Array ? new Uint8Array(numbers.buffer) : (numbers as string);
  return createHash('sha1').update(bytes).digest('hex').slice(0, 12);
}

/** Every number of precision, recall and scores as pycocotools has it. */
export function sameArrays({ precision, recall, scores }: Accumulated, expected: ExpectedArrays, what: string): void {
  const arrays = [precision.data, recall.data, scores.data];
  const all = new Float64Array(arrays.reduce((length, data) => length + data.length, 0));
  let at = 0;
  for (const data of arrays) {
    all.set(data, at);
    at += data.length;
  }
  if (digest(all) === expected.digest) return;
  const sums = arrays.map((data) => pairwiseSum(data));
  assert.unreachable(`${what}: sums of precision, recall, scores are ${sums}, expected ${expected.sums}`);
}

/** Within 1e-12, absolute for small numbers and relative for large ones. */
export function near(actual: number, expected: number, what: string): void {
  const distance = Math.abs(actual - expected);
  if (!(distance <= 1e-12 * Math.max(1, Math.abs(expected)))) {
    assert.unreachable(`${what} is ${actual}, expected ${expected}`);
  }
}
