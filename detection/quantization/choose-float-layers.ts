import type { LayerNoise } from '../../engine/index.ts';

/** Scores of a model by their names, in points: higher is better. */
export type Scores = Readonly<Record<string, number>>;

/** The most that any score falls. */
export const lossOf = (before: Scores, after: Scores): number =>
  Math.max(...Object.keys(before).map((name) => before[name] - after[name]));

/** A choice of layers that stay in single precision, and the scores with it. */
export interface FloatLayers {
  readonly layers: readonly string[];
  readonly scores: Scores;
}

/**
 * The fewest of the worst layers that stay in single precision so that the loss holds: first 1, 2, 4 … of them, then halving the
 * interval.
 *
 * @param measure the scores with some layers in single precision
 */
export async function chooseFloatLayers(
  worstFirst: readonly LayerNoise[],
  before: Scores,
  maxLoss: number,
  measure: (floatLayers: readonly string[]) => Promise<Scores>,
): Promise<FloatLayers> {
  const names = worstFirst.map(({ layer }) => layer);
  const tryFirst = async (count: number): Promise<FloatLayers> => {
    const layers = names.slice(0, count);
    return { layers, scores: await measure(layers) };
  };
  const holds = ({ scores }: FloatLayers) => lossOf(before, scores) <= maxLoss;
  let [tooFew, choice] = [-1, await tryFirst(0)];
  while (!holds(choice) && choice.layers.length < names.length) {
    tooFew = choice.layers.length;
    choice = await tryFirst(Math.min(names.length, Math.max(1, 2 * tooFew)));
  }
  while (choice.layers.length - tooFew > 1) {
    const middle = await tryFirst((tooFew + choice.layers.length) >> 1);
    if (holds(middle)) choice = middle;
    else tooFew = middle.layers.length;
  }
  return choice;
}
