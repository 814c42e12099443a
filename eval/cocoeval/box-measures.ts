import type { COCOeval } from './coco-eval.ts';

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
