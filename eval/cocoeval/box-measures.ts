import type { CocoDataset, CocoResult, ImageId } from '../../datasets/index.ts';
import { COCO } from '../coco/coco.ts';
import { COCOeval } from './coco-eval.ts';

/** What detections are worth, by name. */
export type DetectionMeasures = Readonly<Record<string, number>> & { readonly AP: number };

/**
 * The numbers of an evaluation by name: AP, AP50 …, AR100 …. What there is nothing to measure of, such as the AP of small
 * objects where there are none, is left out; AP is −1 then.
 *
 * @param evaluation accumulated
 */
export function measuresOf(evaluation: COCOeval): DetectionMeasures {
  evaluation.summarize(() => {});
  const { statNames, stats } = evaluation;
  const measured = statNames.map((name, i) => [name, stats[i]] as const).filter(([, value]) => value >= 0);
  return { AP: stats[0], ...Object.fromEntries(measured) };
}

/**
 * What detections of boxes are worth on a data set, as `measuresOf` has it.
 *
 * @returns a function of detections and of the ids of the images that were looked at
 * @throws ResnetCocoError BAD_DATASET for annotations that make no sense
 */
export function boxMeasures(
  dataset: CocoDataset,
): (results: readonly CocoResult[], images: readonly ImageId[]) => DetectionMeasures {
  const gt = new COCO(dataset);
  return (results, images) => {
    const evaluation = new COCOeval(gt, gt.loadRes(results), 'bbox');
    evaluation.params.imgIds = [...images];
    evaluation.evaluate();
    evaluation.accumulate();
    return measuresOf(evaluation);
  };
}
