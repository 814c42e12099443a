import { closeSync } from 'node:fs';
import { ResnetCocoError } from '../../errors.ts';
import { openFile } from '../../io/regular-file.ts';
import { WorkerPool } from '../../io/threads/worker-pool.ts';
import { MaskSizes } from '../coco/oddities.ts';
import { resultWarnings } from '../coco/result-warnings.ts';
import { groupRows, rowsByCategory, selectionOf } from '../cocoeval/groups.ts';
import { Params, sortedIds } from '../cocoeval/params.ts';
import { NONE_LEFT_OUT } from '../cocoeval/rules.ts';
import { type CategoryAP, categoryAPs, summarizeAll } from '../cocoeval/summary.ts';
import { readAnnotationColumns } from './annotation-columns.ts';
import type { FileJob } from './file-thread.ts';
import { type ResultColumns, readChunks } from './read-chunks.ts';
import { columnsFor, gatherRows } from './result-columns.ts';
import { evaluateShared, fillShared, sharedNumbers } from './shared-evaluation.ts';

/** What `COCOeval` tells of an evaluation with the standard settings. */
export interface FileEvaluation {
  readonly stats: readonly number[];
  /** The lines that pycocotools prints. */
  readonly lines: readonly string[];
  readonly perCategory: readonly CategoryAP[];
  readonly warnings: readonly string[];
}

/**
 * Evaluates a file of plain boxes on several threads, with the numbers and warnings of `COCOeval`, whatever their
 * number. Neither annotations nor results become objects.
 *
 * @returns undefined when `readAnnotationColumns` does not take the annotations, the results are not plain boxes (see
 *   `read-chunks.ts`) of their images, or anything fails: `COCO` and `COCOeval` then read both, or say what is wrong
 */
export async function evaluateBoxFiles(
  annotations: string,
  detections: string,
  threads: number,
): Promise<FileEvaluation | undefined> {
  const helpers = new Helpers(threads - 1);
  let descriptor: number | undefined;
  let evaluation: FileEvaluation | undefined;
  try {
    const file = openFile(detections);
    descriptor = file.descriptor;
    const columns = columnsFor(file.descriptor, file.size);
    evaluation = columns && (await evaluated(columns, annotations, `${detections}: results`, helpers));
  } catch {}
  const closed = helpers.close();
  // After a success nothing runs any more; else a helper may still read.
  if (!evaluation) await closed;
  if (descriptor !== undefined) closeSync(descriptor);
  return evaluation;
}

async function evaluated(
  columns: ResultColumns,
  annotations: string,
  where: string,
  helpers: Helpers,
): Promise<FileEvaluation | undefined> {
  const read = helpers.all({ read: columns });
  const truth = readAnnotationColumns(annotations);
  if (!truth) return undefined;
  const { images, positions, table: gt } = truth;
  const params = new Params('bbox');
  params.imgIds = sortedIds(images.map(({ id }) => id));
  params.catIds = sortedIds(truth.categories.map(({ id }) => id));
  const selection = selectionOf(images, params);
  const numbers = sharedNumbers(params);
  const objects = groupRows(gt, selection, NONE_LEFT_OUT.isObjectLeftOut);
  // A helper fills them while this thread gathers what was read.
  const filled = helpers.one({ fill: numbers }) ?? fillShared(numbers);
  readChunks(columns);
  await read;
  const dt = gatherRows(columns, positions);
  if (!dt) return undefined;
  const rows = { objects, detections: rowsByCategory(dt, selection, NONE_LEFT_OUT.isDetectionLeftOut) };
  await filled;
  const shared = { gt, dt, rows, selection, params, next: new Int32Array(new SharedArrayBuffer(4)), ...numbers };
  const helped = helpers.all({ evaluate: shared });
  const categories = new Map(truth.categories.map((category) => [category.id, category]));
  const otherSizes = new MaskSizes();
  const warnings = resultWarnings({ table: dt, kind: 'bbox', otherSizes, where }, { positions, images, categories });
  const summarized = evaluateShared(shared);
  await helped;
  const { lines, stats } = summarizeAll(summarized);
  return { stats, lines, perCategory: categoryAPs(summarized, categories), warnings };
}

/** Threads besides the main one. */
class Helpers {
  readonly #count: number;
  readonly #pool: WorkerPool<FileJob, undefined> | undefined;

  constructor(count: number) {
    this.#count = count;
    if (!count) return;
    this.#pool = new WorkerPool({
      name: 'evaluation',
      module: new URL('./file-thread.js', import.meta.url),
      threads: count,
      failure: (_, reason, cause) => new ResnetCocoError('BAD_RESULTS', `the evaluation failed: ${reason}`, { cause }),
    });
  }

  /** Gives a job to one of them; undefined when there are none. */
  one(job: FileJob): Promise<undefined> | undefined {
    const done = this.#pool?.run(job);
    // It is awaited later; a failure before that is no unhandled one.
    done?.catch(() => {});
    return done;
  }

  /** Gives a job to each. */
  all(job: FileJob): Promise<unknown> {
    const done = Promise.all(Array.from({ length: this.#count }, () => this.one(job)));
    done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
