import type { COCOeval } from './coco-eval.ts';

/** Measures of detections, by name. */
export type DetectionMeasures = Readonly<Record<string, number>> & { readonly AP: number };

/**
 * The numbers of an evaluation by name: AP, AP50 …, AR100 …. Numbers without data, such as the AP of small objects when
 * there are none, are left out; AP is then −1.
 *
 * @param evaluation accumulated
 */
export function measuresOf(evaluation: COCOeval): DetectionMeasures {
  evaluation.summarize(() => {});
  const { statNames, stats } = evaluation;
  const measured = statNames.map((name, i) => [name, stats[i]] as const).filter(([, value]) => value >= 0);
  return { AP: stats[0], ...Object.fromEntries(measured) };
}
