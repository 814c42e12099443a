import type { Random } from '../io/random.ts';

/** How a tensor begins: its numbers, one after the other. */
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

/** One tensor of a network, as the layer that it belongs to declares it. */
export interface ParameterPlan {
  /** In a checkpoint. */
  readonly name: string;
  /** In PyTorch's layout. */
  readonly shape: readonly number[];
  readonly init: Init;
  /** What it begins with in place of `init`, in a layer that does not begin as layers of its kind do. */
  readonly redrawn?: Init | undefined;
  /** Whether training adjusts it: not running statistics, which follow the data, nor a frozen norm. */
  readonly trained: boolean;
  /** Of a backbone: the stage that it is in, 0 for the stem. */
  readonly stage?: number | undefined;
  /** Whether it has a part for each class, so that it fits no other classes. */
  readonly ofClasses?: boolean | undefined;
}

/** What a layer says of its tensors besides. */
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

/** A linear layer, uniform within 1 / √fan-in, as torch's. @param bias how its bias begins, where that is not 0 */
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

/** A batch norm, which begins as the identity. @param gamma what scales begin with @param trained not, if frozen */
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

/** How many numbers training adjusts, as published. */
export const parameterCount = (parameters: readonly ParameterPlan[]): number =>
  parameters
    .filter(({ trained }) => trained)
    .reduce((total, { shape }) => total + shape.reduce((size, dim) => size * dim, 1), 0);

/** Names of what is trained. @param from the first stage of the backbone that is */
export const trainedNames = (parameters: readonly ParameterPlan[], from = 0): string[] =>
  parameters
    .filter(({ stage = Number.POSITIVE_INFINITY, trained }) => trained && stage >= from)
    .map(({ name }) => name);
