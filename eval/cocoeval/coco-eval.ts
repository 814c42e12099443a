import type { ImageId } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { COCO } from '../coco/coco.ts';
import { type Accumulated, accumulateAll } from './accumulate.ts';
import { checkObjects } from './check-objects.ts';
import { type EvalImage, evaluateGroup } from './eval-images.ts';
import { evaluateAll } from './evaluate-all.ts';
import { cocoRules, type Evaluation, groupsOf } from './evaluation.ts';
import { selectionOf } from './groups.ts';
import { checkParams, type IouType, Params, sortedIds } from './params.ts';
import { type CategoryAP, categoryAPs, statNames, summarizeAll } from './summary.ts';

/**
 * The COCO evaluation: pycocotools' `COCOeval` (`pycocotools/cocoeval.py`), with its names and its numbers.
 *
 * ```ts
 * const e = new COCOeval(gt, gt.loadRes('detections.json'), 'bbox');
 * e.evaluate();
 * e.accumulate();
 * e.summarize();
 * e.stats; // AP, AP50, AP75 …
 * ```
 */
export class COCOeval {
  /** May be changed before `evaluate`. */
  params: Params;
  /** Precision, recall and scores, after `accumulate`. */
  eval: Accumulated | undefined;
  /** After `summarize`: twelve numbers, ten for keypoints. */
  stats: readonly number[] = [];
  readonly cocoGt: COCO;
  readonly cocoDt: COCO;
  #evaluation: Evaluation | undefined;
  #images: (EvalImage | undefined)[] | undefined;

  /** @param cocoDt results from `cocoGt.loadRes` */
  constructor(cocoGt: COCO, cocoDt: COCO, iouType: IouType = 'bbox') {
    checkCoco('the ground truth', cocoGt);
    checkCoco('the results', cocoDt);
    this.cocoGt = cocoGt;
    this.cocoDt = cocoDt;
    this.params = new Params(iouType);
    this.params.imgIds = sortedIds(cocoGt.getImgIds());
    this.params.catIds = sortedIds(cocoGt.getCatIds());
  }

  /**
   * Matches detections with ground truth in each image, category and area range, at each threshold.
   *
   * @throws ResnetCocoError BAD_DATASET when an annotation is wrong; names it and its field
   * @throws ResnetCocoError BAD_RESULTS when a result is wrong; names it and its field
   */
  evaluate(): void {
    const { params } = this;
    params.imgIds = sortedIds(params.imgIds);
    // Without categories, pycocotools keeps their order, which decides ties of scores.
    params.catIds = params.useCats ? sortedIds(params.catIds) : [...new Set(params.catIds)];
    params.maxDets = [...params.maxDets].sort((a, b) => a - b);
    checkParams(params);
    this.#evaluation = this.#evaluated(params);
    this.#images = undefined;
    this.eval = undefined;
  }

  /**
   * Computes precision and recall of the evaluation, or of the part that `params` selects.
   *
   * @throws Error when nothing was evaluated
   */
  accumulate(params: Params = this.params): void {
    const { params: evaluated } = this.evaluationDone;
    const isSame = (['imgIds', 'catIds', 'areaRng', 'maxDets', 'iouThrs', 'useCats'] as const).every(
      (field) => JSON.stringify(params[field]) === JSON.stringify(evaluated[field]),
    );
    const evaluation = isSame ? this.evaluationDone : this.#evaluated(params);
    this.eval = accumulateAll({ ...evaluation, params: params.copy() });
  }

  /** Prints the numbers as pycocotools does, and stores them in `stats`. */
  summarize(print: (line: string) => void = console.log): void {
    const { accumulationDone: accumulated } = this;
    const { stats, lines } = summarizeAll(accumulated);
    this.stats = stats;
    for (const line of lines) print(line);
  }

  /** Names of `stats`: AP, AP50 … */
  get statNames(): readonly string[] {
    return statNames(this.params.iouType);
  }

  /** The AP of each category, after `accumulate`. */
  get perCategory(): CategoryAP[] {
    return categoryAPs(this.accumulationDone, this.cocoGt.cats);
  }

  /**
   * The outcome of each category, area range and image, in this order; undefined for an image without detections and
   * objects.
   */
  get evalImgs(): readonly (EvalImage | undefined)[] {
    this.#images ??= this.#detailed(this.evaluationDone.params);
    return this.#images;
  }

  /** `[D][G]`: similarity of the detections of an image and category, best first, to its objects. */
  computeIoU(imgId: ImageId, catId: number): number[][] {
    const params = this.params.copy();
    [params.imgIds, params.catIds] = [[imgId], params.useCats ? [catId] : params.catIds];
    if (!this.#evaluation) this.#checkInput(params);
    const { similarity } = cocoRules(this.cocoGt, this.cocoDt, params);
    for (const { detections, objects } of groupsOf(
      this.cocoGt.table,
      this.cocoDt.table,
      selectionOf(this.cocoGt.images, params),
      Math.max(...params.maxDets),
    )) {
      const [D, G] = [detections.length, objects.length];
      const out = new Float64Array(D * G);
      if (D && G) similarity(detections, objects, out);
      return Array.from({ length: G ? D : 0 }, (_, d) => Array.from(out.subarray(d * G, (d + 1) * G)));
    }
    return [];
  }

  /** The evaluation, for analyses beyond pycocotools. @throws Error when nothing was evaluated */
  get evaluationDone(): Evaluation {
    if (!this.#evaluation) throw new Error('nothing is evaluated: call evaluate() first');
    return this.#evaluation;
  }

  /** Precision and recall, for analyses beyond pycocotools. @throws Error when nothing was accumulated */
  get accumulationDone(): Accumulated {
    if (!this.eval) throw new Error('nothing is accumulated: call accumulate() first');
    return this.eval;
  }

  #evaluated(params: Params): Evaluation {
    const { cocoDt, cocoGt } = this;
    this.#checkInput(params);
    return evaluateAll(cocoGt, cocoDt, params.copy(), cocoRules(cocoGt, cocoDt, params));
  }

  /** Results were checked when read, but annotations may be given as results. */
  #checkInput({ iouType }: Params): void {
    checkObjects(this.cocoGt, iouType);
    if (this.cocoDt.table.ids) checkObjects(this.cocoDt, iouType);
  }

  #detailed(params: Params): (EvalImage | undefined)[] {
    const { cocoDt, cocoGt } = this;
    const tables = { gt: cocoGt.table, dt: cocoDt.table };
    const rules = cocoRules(cocoGt, cocoDt, params);
    const [A, I] = [params.areaRng.length, params.imgIds.length];
    const categories = params.useCats ? params.catIds : [-1];
    const images: (EvalImage | undefined)[] = Array.from({ length: categories.length * A * I }, () => undefined);
    for (const group of groupsOf(
      tables.gt,
      tables.dt,
      selectionOf(cocoGt.images, params),
      Math.max(...params.maxDets),
    )) {
      const ids = { image: params.imgIds[group.image], category: categories[group.category] };
      evaluateGroup(group, ids, tables, params, rules).forEach((image, a) => {
        images[(group.category * A + a) * I + group.image] = image;
      });
    }
    return images;
  }
}

/** @throws ResnetCocoError USAGE for what is no `COCO`, such as the path of a file */
function checkCoco(what: string, value: COCO): void {
  if (typeof value?.getImgIds === 'function') return;
  throw new ResnetCocoError(
    'USAGE',
    `COCOeval: ${what} must be a COCO, such as COCO.load gives, is ${shownValue(value)}`,
  );
}
