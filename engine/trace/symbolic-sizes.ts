import { ResnetCocoError } from '../../errors.ts';
import { type Constant, Graph, type Node } from './graph.ts';

/**
 * Merges two traces at different sizes into one graph with dynamic dimensions. Whatever differs between the traces
 * depends on the inputs' sizes. Lists of sizes that differ are computed at run time; any other difference is an error,
 * so a size is never baked in silently.
 *
 * @throws UNSUPPORTED_OP when anything but a list of sizes depends on the inputs' sizes
 */
export function mergeTraces(name: string, a: Graph, b: Graph): Graph {
  const baked = (what: string): never => {
    throw new ResnetCocoError(
      'UNSUPPORTED_OP',
      `${name}: ${what} depends on the sizes of the inputs, which a graph for all sizes cannot hold; ` +
        'compute it outside the model and pass it in, or declare the sizes as numbers',
    );
  };
  if (a.nodes.length !== b.nodes.length) baked('the list of operators');
  a.nodes.forEach((node, i) => {
    const other = b.nodes[i];
    if (node.op !== other.op || `${node.inputs}` !== `${other.inputs}`) baked(`operator ${i}, ${node.op},`);
    if (JSON.stringify(node.attributes) !== JSON.stringify(other.attributes)) baked(`an attribute of ${node.op}`);
  });
  for (const [constant, value] of a.constants) {
    if (!sameConstant(value, b.constants.get(constant))) {
      const user = a.nodes.find((node) => node.inputs.includes(constant))?.op ?? 'no operator';
      baked(`a constant used by ${user}`);
    }
  }

  const merged = new Graph(a.target, a);
  const dimNames = inputDimNames(a, b);
  for (const [value, { dtype, shape }] of a.values) {
    const other = b.values.get(value)!.shape;
    const dims = shape.map((size, axis) =>
      size === other[axis] ? size : (dimNames.get(`${size}|${other[axis]}`) ?? `${value}_${axis}`),
    );
    merged.values.set(value, { dtype, shape: dims });
  }
  for (const input of a.inputs) {
    const { shape } = merged.values.get(input.name)!;
    merged.inputs.push({
      ...input,
      shape: input.shape.map((dim, axis) => (typeof dim === 'string' ? dim : shape[axis])),
    });
  }
  for (const [i, output] of a.outputs.entries()) {
    const shape = output.shape.map((size, axis) => {
      const other = b.outputs[i].shape[axis];
      return size === other ? size : (dimNames.get(`${size}|${other}`) ?? `${output.name}_${axis}`);
    });
    merged.outputs.push({ ...output, shape });
  }
  for (const [key, value] of a.constants) merged.constants.set(key, value);

  const resolver = new SizeResolver(a, b, merged);
  for (const [index, node] of a.nodes.entries()) {
    const inputs = node.inputs.map((input) => {
      const sizes = a.sizes.get(input);
      if (!sizes) return input;
      const other = b.sizes.get(input)!;
      return resolver.list(node, index, sizes, other) ?? baked(`a size in ${node.op} ([${sizes}] and [${other}])`);
    });
    merged.nodes.push({ ...node, inputs });
  }
  return merged;
}

/** By pair of sizes: the name of the dynamic dimension. */
function inputDimNames(a: Graph, b: Graph): Map<string, string> {
  const names = new Map<string, string>();
  for (const { name, shape } of a.inputs) {
    shape.forEach((dim, axis) => {
      const key = `${a.values.get(name)!.shape[axis]}|${b.values.get(name)!.shape[axis]}`;
      if (typeof dim === 'string') names.set(key, dim);
    });
  }
  return names;
}

function sameConstant(a: Constant, b: Constant | undefined): boolean {
  if (!b || a.data.length !== b.data.length || `${a.shape}` !== `${b.shape}`) return false;
  if (a.data === b.data) return true;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}

/** Possible differences between a size and the axis that it derives from (padding, filter windows), nearest first. */
const OFFSETS = [0, ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((offset) => [offset, -offset])];

/** Computes sizes at run time: a size that differs between the traces is read from an axis that equals it in both. */
class SizeResolver {
  readonly #a: Graph;
  readonly #b: Graph;
  readonly #merged: Graph;
  /** By pair of sizes: the first value with an axis of these sizes, the axis, and the index of the value's node. */
  readonly #axisOf = new Map<string, { readonly value: string; readonly axis: number; readonly at: number }>();
  readonly #known = new Map<string, string>();

  constructor(a: Graph, b: Graph, merged: Graph) {
    this.#a = a;
    this.#b = b;
    this.#merged = merged;
    // In order of creation, so that a size of the forward pass is never read from an input of the backward pass.
    const madeBy = new Map(a.nodes.flatMap((node, i) => node.outputs.map((output) => [output, i] as const)));
    for (const value of a.values.keys()) {
      const at = madeBy.get(value) ?? -1;
      // A padded map may never be computed: the next operator may take over its padding.
      if (a.nodes[at]?.op !== 'Pad') this.#define(value, at);
    }
  }

  #define(value: string, at: number): void {
    const other = this.#b.values.get(value)!.shape;
    this.#a.values.get(value)!.shape.forEach((size, axis) => {
      const key = `${size}|${other[axis]}`;
      if (size !== other[axis] && !this.#axisOf.has(key)) this.#axisOf.set(key, { value, axis, at });
    });
  }

  /** The ONNX value that holds the list at run time; undefined if no axis has one of the sizes. */
  list(node: Node, index: number, a: readonly number[], b: readonly number[]): string | undefined {
    const differs = a.map((size, i) => size !== b[i]);
    if (!differs.includes(true)) return this.#fixed(a);
    let entries: (number | undefined)[] = a.map((size, i) => (differs[i] ? undefined : size));
    if (node.op === 'Reshape') entries = this.#reshapeEntries(node, a, b, entries);
    if (!entries.includes(undefined)) return this.#fixed(entries as number[]);

    const parts: string[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      const part = entry === undefined ? this.#lookUp(a[i], b[i], index) : this.#fixed([entry]);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    if (parts.length === 1) return parts[0];
    return this.#merged.emit('Concat', parts, { shape: [parts.length], dtype: 'int64' }, { axis: 0 }).name;
  }

  /** Uses Reshape's short forms, which ONNX Runtime's optimizer understands: 0 copies an axis, one -1 is the rest. */
  #reshapeEntries(
    node: Node,
    a: readonly number[],
    b: readonly number[],
    entries: (number | undefined)[],
  ): (number | undefined)[] {
    const from = { a: this.#a.values.get(node.inputs[0])!.shape, b: this.#b.values.get(node.inputs[0])!.shape };
    const short = entries.map((entry, i) =>
      entry === undefined && from.a[i] === a[i] && from.b[i] === b[i] ? 0 : entry,
    );
    const rest = short.indexOf(undefined);
    if (rest >= 0) short[rest] = -1;
    return short;
  }

  #fixed(values: readonly number[]): string {
    const key = `fixed ${values}`;
    let name = this.#known.get(key);
    if (name === undefined) {
      name = `sizes_of_${this.#known.size}`;
      this.#merged.constants.set(name, {
        dtype: 'int64',
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      });
      this.#known.set(key, name);
    }
    return name;
  }

  /** A size read from an axis that has it, or that differs from it by one of `OFFSETS`. */
  #lookUp(a: number, b: number, before: number): string | undefined {
    for (const offset of OFFSETS) {
      const source = this.#axisOf.get(`${a - offset}|${b - offset}`);
      if (!source || source.at >= before) continue;
      const size = this.#sizeOf(source.value, source.axis);
      return offset ? this.#once(`${size} + ${offset}`, 'Add', [size, this.#fixed([offset])]) : size;
    }
    return undefined;
  }

  #sizeOf(value: string, axis: number): string {
    const rank = this.#a.values.get(value)!.shape.length;
    const shape = this.#once(`shape of ${value}`, 'Shape', [value], rank);
    return this.#once(`${value} ${axis}`, 'Gather', [shape, this.#fixed([axis])], 1, { axis: 0 });
  }

  /** An operator on lists of sizes, emitted at its first use. */
  #once(key: string, op: string, inputs: readonly string[], length = 1, attributes = {}): string {
    let name = this.#known.get(key);
    if (name === undefined) {
      name = this.#merged.emit(op, inputs, { shape: [length], dtype: 'int64' }, attributes).name;
      this.#known.set(key, name);
    }
    return name;
  }
}
