import type { PickleValue } from '../io/pickle/pickle.ts';
import { TorchTensor } from './torch/torch-objects.ts';

/** Keys under which training scripts store the weights, in order of preference; averages come last. */
const WRAPPERS = [
  ...['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'weights', 'params', 'module'],
  ...['state_dict_ema', 'model_ema', 'ema', 'ema_state_dict'],
];
/** How deep such keys may be nested. */
const DEPTH = 3;
/**
 * How many lists and dictionaries are searched for tensors beside the weights, and how many letters of a name are kept.
 */
const MOST_COUNTED = 100_000;
const MOST_LETTERS = 40;

/** The tensors of a state dict by name, and descriptions of what is beside them. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly beside: readonly string[];
}

type Dictionary = ReadonlyMap<PickleValue, PickleValue>;

/**
 * Finds the state dict in the objects of a checkpoint's pickle, even inside a training script's dictionary; undefined
 * if there is none.
 *
 * @throws Error if a tensor's name is not text
 */
export function findStateDict(root: PickleValue): StateDict | undefined {
  const path = pathToTensors(root, 0, new Set());
  if (!path) return undefined;
  const dict = path[path.length - 1];
  const entries = [...dict].filter((entry): entry is [string, TorchTensor] => entry[1] instanceof TorchTensor);
  if (entries.some(([name]) => typeof name !== 'string')) throw new Error('it holds tensors whose names are not text');
  const seen = new Set<unknown>(path);
  const beside = path.flatMap((outer, i) =>
    [...outer]
      .filter(([name, value]) => typeof name === 'string' && value !== path[i + 1])
      .filter(([, value]) => outer !== dict || !(value instanceof TorchTensor))
      .map(([name, value]) => described(name as string, value, seen)),
  );
  return { tensors: new Map(entries), beside };
}

/**
 * The dictionaries from the outermost to the one with the tensors.
 *
 * @param seen dictionaries already visited: they may contain each other or themselves
 */
function pathToTensors(value: PickleValue | undefined, depth: number, seen: Set<unknown>): Dictionary[] | undefined {
  if (!(value instanceof Map) || depth > DEPTH || seen.has(value)) return undefined;
  seen.add(value);
  // A wrapper may hold single tensors beside the weights, such as the best accuracy.
  for (const key of WRAPPERS) {
    const path = pathToTensors(value.get(key), depth + 1, seen);
    if (path) return [value, ...path];
  }
  return [...value.values()].some((inner) => inner instanceof TorchTensor) ? [value] : undefined;
}

/** Entries with the number of tensors in each. `seen` has the lists and dictionaries that are already counted. */
function described(name: string, value: PickleValue, seen: Set<unknown>): string {
  const tensors = countTensors(value, seen);
  const short = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS)}…` : name;
  return tensors ? `${short} (${tensors} tensor${tensors === 1 ? '' : 's'})` : short;
}

function countTensors(outermost: PickleValue, seen: Set<unknown>): number {
  let count = 0;
  // Not recursive: nested lists may be deeper than the stack.
  const open: PickleValue[] = [outermost];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value instanceof TorchTensor) count++;
    if (!(value instanceof Map || Array.isArray(value)) || seen.has(value) || seen.size > MOST_COUNTED) continue;
    seen.add(value);
    for (const inner of value.values()) open.push(inner as PickleValue);
  }
  return count;
}
