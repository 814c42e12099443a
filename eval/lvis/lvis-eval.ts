import { ResnetCocoError } from '../../errors.ts';
import type { COCO } from '../coco/coco.ts';
import { type Accumulated, accumulateAll } from '../cocoeval/accumulate.ts';
import { checkObjects } from '../cocoeval/check-objects.ts';
import { evaluateAll } from '../cocoeval/evaluate-all.ts';
import type { Evaluation } from '../cocoeval/evaluation.ts';
import { checkParams, Params, sortedIds } from '../cocoeval/params.ts';
import { frequencyGroups, lvisRules } from './lvis-rules.ts';
import { summarizeLvis } from './lvis-summary.ts';

/**
 * The LVIS evaluation: lvis-api's `LVISEval`, with its numbers. The data set is federated: an image is annotated for
 * some categories only (`neg_category_ids`, `not_exhaustive_category_ids`), and its 300 best detections over all
 * categories count.
 *
 * ```ts
 * const gt = await COCO.load('lvis_v1_val.json');
 * const e = new LVISeval(gt, gt.loadRes('detections.json'), 'segm');
 * e.run();
 * e.printResults();
 * e.results.APr;
 * ```
 */
export class LVISeval {
  /** May be changed before `evaluate`; `maxDets` has one limit, on the detections per image. */
  params: Params;
  /** Precision and recall, after `accumulate`. */
  eval: Accumulated | undefined;
  /** After `summarize`: AP, AP50, AP75, APs, APm, APl, APr, APc, APf, AR@300, ARs@300, ARm@300, ARl@300. */
  results: Readonly<Record<string, number>> = {};
  readonly lvisGt: COCO;
  readonly lvisDt: COCO;
  #evaluation: Evaluation | undefined;
  #lines: readonly string[] = [];

  /**
   * @param lvisGt an LVIS data set
   * @param lvisDt results from `lvisGt.loadRes`
   */
  constructor(lvisGt: COCO, lvisDt: COCO, iouType: 'bbox' | 'segm' = 'segm') {
    this.lvisGt = lvisGt;
    this.lvisDt = lvisDt;
    this.params = new Params(iouType);
    this.params.maxDets = [300];
    this.params.imgIds = sortedIds(lvisGt.getImgIds());
    this.params.catIds = sortedIds(lvisGt.getCatIds());
  }

  /**
   * Matches detections with ground truth in each image, category and area range, at each threshold.
   *
   * @throws ResnetCocoError BAD_DATASET when an image, category or annotation is wrong; names it and its field
   * @throws ResnetCocoError BAD_RESULTS when a result is wrong; names it and its field
   */
  evaluate(): void {
    const { lvisDt, lvisGt, params } = this;
    params.imgIds = sortedIds(params.imgIds);
    params.catIds = [...new Set(params.catIds)];
    checkParams(params);
    if (params.maxDets.length !== 1) {
      const got = JSON.stringify(params.maxDets);
      throw new ResnetCocoError('BAD_CONFIG', `params.maxDets of LVIS wants one limit, such as [300], got ${got}`);
    }
    checkObjects(lvisGt, params.iouType);
    frequencyGroups(lvisGt, params);
    this.#evaluation = evaluateAll(lvisGt, lvisDt, params.copy(), lvisRules(lvisGt, lvisDt, params));
    this.eval = undefined;
  }

  /** Computes precision and recall of the evaluation. @throws Error when nothing was evaluated */
  accumulate(): void {
    if (!this.#evaluation) throw new Error('nothing is evaluated: call evaluate() first');
    this.eval = accumulateAll(this.#evaluation);
  }

  /** Computes `results`. @throws Error when nothing was accumulated */
  summarize(): void {
    if (!this.eval) throw new Error('nothing is accumulated: call accumulate() first');
    const { lines, results } = summarizeLvis(this.eval, frequencyGroups(this.lvisGt, this.eval.params));
    this.results = results;
    this.#lines = lines;
  }

  /** `evaluate`, `accumulate` and `summarize`. */
  run(): void {
    this.evaluate();
    this.accumulate();
    this.summarize();
  }

  /** Prints `results` as lvis-api does. */
  printResults(print: (line: string) => void = console.log): void {
    for (const line of this.#lines) print(line);
  }
}
