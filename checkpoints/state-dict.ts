import type { PickleValue } from '../io/pickle/pickle.ts';

/** Keys under which training scripts store the weights, in order of preference; averages come last. */
const WRAPPERS = [
  ...['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'weights', 'params', 'module'],
  // Of self-supervised learning, whose teacher is an average, and of Detectron.
  ...['teacher', 'student', 'blobs'],
  ...['state_dict_ema', 'model_ema', 'ema', 'ema_state_dict'],
];
/** How deep such keys may be nested. */
const DEPTH = 3;
/**
 * How many lists and dictionaries are searched for tensors beside the weights, and how many letters of a name are kept.
 */
const MOST_COUNTED = 100_000;
const MOST_LETTERS = 40;

/** The tensors of a state dict by name, and what is beside them. */
export interface StateDict<T> {
  readonly tensors: ReadonlyMap<string, T>;
  /** Descriptions of it. */
  readonly beside: readonly string[];
  /** The entries of the outermost dictionary. */
  readonly entries: ReadonlyMap<string, PickleValue>;
}

/** What counts as a tensor in a pickle. */
export type IsTensor<T> = (value: unknown) => value is T;

type Dictionary = ReadonlyMap<PickleValue, PickleValue>;

/**
 * Finds the state dict in the objects of a checkpoint's pickle, even inside a training script's dictionary; undefined
 * if there is none.
 *
 * @throws Error if a tensor's name is not text
 */
export function findStateDict<T>(root: PickleValue, isTensor: IsTensor<T>): StateDict<T> | undefined {
  const path = pathToTensors(root, 0, new Set(), isTensor);
  if (!path) return undefined;
  const dict = path[path.length - 1];
  const tensors = new Map<string, T>();
  for (const [name, value] of dict) {
    if (!isTensor(value)) continue;
    if (typeof name !== 'string') throw new Error('it holds tensors whose names are not text');
    tensors.set(name, value);
  }
  const seen = new Set<unknown>(path);
  const beside = path.flatMap((outer, i) =>
    [...outer]
      .filter(([name, value]) => typeof name === 'string' && value !== path[i + 1])
      .filter(([, value]) => outer !== dict || !isTensor(value))
      .map(([name, value]) => described(name as string, value, seen, isTensor)),
  );
  const named = [...path[0]].filter((entry): entry is [string, PickleValue] => typeof entry[0] === 'string');
  return { tensors, beside, entries: new Map(path[0] === dict ? [] : named) };
}

/**
 * The dictionaries from the outermost to the one with the tensors.
 *
 * @param seen dictionaries already visited: they may contain each other or themselves
 */
function pathToTensors(
  value: PickleValue | undefined,
  depth: number,
  seen: Set<unknown>,
  isTensor: IsTensor<unknown>,
): Dictionary[] | undefined {
  if (!(value instanceof Map) || depth > DEPTH || seen.has(value)) return undefined;
  seen.add(value);
  // A wrapper may hold single tensors beside the weights, such as the best accuracy.
  for (const key of WRAPPERS) {
    const path = pathToTensors(value.get(key), depth + 1, seen, isTensor);
    if (path) return [value, ...path];
  }
  if ([...value.values()].some(isTensor)) return [value];
  const others = [...value.values()].filter((inner) => hasWeights(inner, isTensor));
  return others.length === 1 ? [value, others[0] as Dictionary] : undefined;
}

/** Whether it is a dictionary of a network's tensors, which an optimizer's state is not. */
const hasWeights = (value: PickleValue, isTensor: IsTensor<unknown>): boolean =>
  value instanceof Map &&
  [...value].some(([name, inner]) => typeof name === 'string' && /\.weight$/.test(name) && isTensor(inner));

/** Entries with the number of tensors in each. `seen` has the lists and dictionaries that are already counted. */
function described(name: string, value: PickleValue, seen: Set<unknown>, isTensor: IsTensor<unknown>): string {
  const tensors = countTensors(value, seen, isTensor);
  const short = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS)}…` : name;
  return tensors ? `${short} (${tensors} tensor${tensors === 1 ? '' : 's'})` : short;
}

function countTensors(outermost: PickleValue, seen: Set<unknown>, isTensor: IsTensor<unknown>): number {
  let count = 0;
  // Not recursive: nested lists may be deeper than the stack.
  const open: PickleValue[] = [outermost];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isTensor(value)) count++;
    if (!(value instanceof Map || Array.isArray(value)) || seen.has(value) || seen.size > MOST_COUNTED) continue;
    seen.add(value);
    for (const inner of value.values()) open.push(inner as PickleValue);
  }
  return count;
}
