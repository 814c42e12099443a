import { ResnetCocoError } from '../../errors.ts';
import type { FileSlice } from '../../io/pickle/file-slice.ts';
import { Global, type PickleValue, type PickleWorld, readPickle } from '../../io/pickle/pickle.ts';

const TENSOR = /(^torch\._utils\._rebuild_|^torch\._tensor\._rebuild_|(^|\.)Parameter$)/;
/** How many values are visited at most. */
const MOST_VALUES = 100_000;
/** Limits on the parts and the letters of a name in an untrusted file. */
const MOST_PARTS = 20;
const MOST_LETTERS = 100;

/** An object of any class, with the arguments it was built from. Nothing of its class is known or run. */
class Opaque extends Map<PickleValue, PickleValue> {
  state: PickleValue = null;
}

class OpaqueTensor {}

/** A world that accepts every class, because only names are taken from it. */
class OpaqueWorld implements PickleWorld {
  readonly python2Strings = 'text';

  knows(): boolean {
    return true;
  }

  call({ name }: Global): PickleValue {
    return TENSOR.test(name) ? new OpaqueTensor() : new Opaque();
  }

  build(object: PickleValue, state: PickleValue): void {
    if (object instanceof Opaque) object.state = state;
  }

  /** The older layout stores classes outside the pickle, with their source. */
  persistent(id: PickleValue): PickleValue {
    const [kind, content] = Array.isArray(id) ? (id as readonly PickleValue[]) : [];
    return kind === 'module' && content instanceof Global ? content : {};
  }

  bytes(): PickleValue {
    return '';
  }

  refusal(name: string, file: string): ResnetCocoError {
    return new ResnetCocoError('UNSAFE_CHECKPOINT', `${file}: '${name}'`);
  }
}

/**
 * The first tensor names in a pickle of whole modules, such as `model.0.conv.weight`, as the module's state dict would
 * name them; empty if the pickle cannot be read to its end.
 */
export function tensorNamesInPickle(file: FileSlice, start: number, most: number): string[] {
  try {
    return tensorNames(readPickle(file, start, new OpaqueWorld()).value, most);
  } catch {
    return [];
  }
}

function tensorNames(root: PickleValue, most: number): string[] {
  const names: string[] = [];
  const seen = new Set<PickleValue>();
  const open: { readonly value: PickleValue; readonly parts: readonly string[] }[] = [{ value: root, parts: [] }];
  for (let at = open.pop(); at !== undefined && names.length < most; at = open.pop()) {
    const { parts, value } = at;
    if (value instanceof OpaqueTensor) {
      names.push(parts.join('.'));
      continue;
    }
    if (!(value instanceof Map) || seen.has(value) || seen.size > MOST_VALUES || parts.length >= MOST_PARTS) continue;
    seen.add(value);
    const state = value instanceof Opaque && value.state instanceof Map ? value.state : undefined;
    const inModule = state && MODULE_FIELDS.flatMap((field) => entriesOf(state.get(field)));
    for (const [name, entry] of (inModule?.length ? inModule : entriesOf(state ?? value)).reverse()) {
      if (typeof name !== 'string') continue;
      // Names start anew in a dictionary, such as a checkpoint's; in a module they continue.
      const isPart = inModule?.length || entry instanceof OpaqueTensor;
      open.push({ value: entry, parts: isPart ? [...parts, name.slice(0, MOST_LETTERS)] : [] });
    }
  }
  return names;
}

/** The attributes in which torch's modules store their tensors and submodules. */
const MODULE_FIELDS = ['_parameters', '_buffers', '_modules'];

const entriesOf = (value: PickleValue | undefined): [PickleValue, PickleValue][] =>
  value instanceof Map ? [...(value as ReadonlyMap<PickleValue, PickleValue>)] : [];
