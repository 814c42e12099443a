import type { Random } from '../io/random.ts';

/** The initialization of a tensor: draws its numbers, one after the other. */
export type Init = (random: Random) => number;

export const constant =
  (value: number): Init =>
  () =>
    value;
export const normal =
  (deviation: number): Init =>
  (random) =>
    random.normal(0, deviation);
export const uniform =
  (bound: number): Init =>
  (random) =>
    random.uniform(-bound, bound);

/** One tensor of a network, as its layer declares it. */
export interface ParameterPlan {
  /** Its name in a checkpoint. */
  readonly name: string;
  /** Its shape in PyTorch's layout. */
  readonly shape: readonly number[];
  readonly init: Init;
  /** The initialization that replaces `init`, in a layer that is initialized differently from others of its kind. */
  readonly redrawn?: Init | undefined;
  /** Whether it is trained. Running statistics, which follow the data, and frozen norms are not. */
  readonly trained: boolean;
  /** The stage of the backbone that it belongs to, 0 for the stem. */
  readonly stage?: number | undefined;
  /** Whether it has a part for each class, so that it does not fit other classes. */
  readonly ofClasses?: boolean | undefined;
}

/** What else a layer declares about its tensors. */
export type ParameterTraits = Pick<ParameterPlan, 'redrawn' | 'stage' | 'ofClasses'>;

/**
 * The filter of a convolution, normal with deviation √(2 / fan-out): He et al. 2015 ("Delving deep", equation 14), as
 * torchvision's ResNets start.
 */
export function filterPlan(
  name: string,
  from: number,
  to: number,
  kernel: number,
  traits: ParameterTraits = {},
): ParameterPlan {
  const init = normal(Math.sqrt(2 / (to * kernel ** 2)));
  return { name: `${name}.weight`, shape: [to, from, kernel, kernel], init, trained: true, ...traits };
}

export const biasPlan = (name: string, size: number, traits: ParameterTraits = {}): ParameterPlan => ({
  name: `${name}.bias`,
  shape: [size],
  init: constant(0),
  trained: true,
  ...traits,
});

/** A linear layer, uniform within 1 / √fan-in, as torch's. @param bias initialization of its bias, if that is not 0 */
export function linearPlan(
  name: string,
  from: number,
  to: number,
  { bias, ...traits }: ParameterTraits & { readonly bias?: Init } = {},
): ParameterPlan[] {
  const init = uniform(1 / Math.sqrt(from));
  return [
    { name: `${name}.weight`, shape: [to, from], init, trained: true, ...traits },
    biasPlan(name, to, { ...traits, redrawn: bias }),
  ];
}

/** A batch norm, initialized as the identity. @param gamma initial scales @param trained false if it is frozen */
export function normPlan(
  name: string,
  channels: number,
  {
    gamma = 1,
    stage,
    trained = true,
  }: { readonly gamma?: number; readonly stage?: number; readonly trained?: boolean } = {},
): ParameterPlan[] {
  const vector = (part: string, value: number, isTrained: boolean): ParameterPlan => ({
    name: `${name}.${part}`,
    shape: [channels],
    init: constant(value),
    trained: isTrained,
    stage,
  });
  return [
    vector('weight', gamma, trained),
    vector('bias', 0, trained),
    vector('running_mean', 0, false),
    vector('running_var', 1, false),
  ];
}

/** Name and shape of each tensor. */
export const tensorShapes = (parameters: readonly ParameterPlan[]): Record<string, readonly number[]> =>
  Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));

/** The number of trainable parameters, as publications count them. */
export const parameterCount = (parameters: readonly ParameterPlan[]): number =>
  parameters
    .filter(({ trained }) => trained)
    .reduce((total, { shape }) => total + shape.reduce((size, dim) => size * dim, 1), 0);

/** Names of the trained tensors. @param from the first trained stage of the backbone */
export const trainedNames = (parameters: readonly ParameterPlan[], from = 0): string[] =>
  parameters
    .filter(({ stage = Number.POSITIVE_INFINITY, trained }) => trained && stage >= from)
    .map(({ name }) => name);
