import type { PickleValue } from '../io/pickle/pickle.ts';
import { TorchTensor } from './torch/torch-objects.ts';

/** Keys under which training scripts keep the weights, the first of these that holds some; averages come last. */
const WRAPPERS = [
  ...['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'weights', 'params', 'module'],
  ...['state_dict_ema', 'model_ema', 'ema', 'ema_state_dict'],
];
/** How deep they may lie within one another. */
const DEPTH = 3;
/** Tensors beside the weights are looked for in as many lists and dictionaries, and names are cut after so many letters. */
const MOST_COUNTED = 100_000;
const MOST_LETTERS = 40;

/** The tensors of a state dict by name, and what lies beside them, described. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly beside: readonly string[];
}

type Dictionary = ReadonlyMap<PickleValue, PickleValue>;

/**
 * The state dict in what a checkpoint's pickle built, also where a training script has wrapped it; undefined where there
 * is none.
 *
 * @throws Error for tensors whose names are no text
 */
export function findStateDict(root: PickleValue): StateDict | undefined {
  const path = pathToTensors(root, 0, new Set());
  if (!path) return undefined;
  const dict = path[path.length - 1];
  const entries = [...dict].filter((entry): entry is [string, TorchTensor] => entry[1] instanceof TorchTensor);
  if (entries.some(([name]) => typeof name !== 'string')) throw new Error('it holds tensors whose names are no text');
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
 * @param seen those looked into already: they may lie in one another, or in themselves
 */
function pathToTensors(value: PickleValue | undefined, depth: number, seen: Set<unknown>): Dictionary[] | undefined {
  if (!(value instanceof Map) || depth > DEPTH || seen.has(value)) return undefined;
  seen.add(value);
  // A wrapper may hold lone tensors beside the weights, such as the best accuracy.
  for (const key of WRAPPERS) {
    const path = pathToTensors(value.get(key), depth + 1, seen);
    if (path) return [value, ...path];
  }
  return [...value.values()].some((inner) => inner instanceof TorchTensor) ? [value] : undefined;
}

/** Entries with the number of tensors in each; `seen`: lists and dictionaries counted already. */
function described(name: string, value: PickleValue, seen: Set<unknown>): string {
  const tensors = countTensors(value, seen);
  const short = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS)}…` : name;
  return tensors ? `${short} (${tensors} tensor${tensors === 1 ? '' : 's'})` : short;
}

function countTensors(outermost: PickleValue, seen: Set<unknown>): number {
  let count = 0;
  // No recursion: lists may lie in lists deeper than the stack is.
  const open: PickleValue[] = [outermost];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value instanceof TorchTensor) count++;
    if (!(value instanceof Map || Array.isArray(value)) || seen.has(value) || seen.size > MOST_COUNTED) continue;
    seen.add(value);
    for (const inner of value.values()) open.push(inner as PickleValue);
  }
  return count;
}
