import { ResnetCocoError } from '../../errors.ts';
import { type Constant, Graph, type Node } from './graph.ts';

/**
 * One graph for all sizes, from two traces at different sizes: whatever differs between them depends on the inputs'
 * sizes. Lists of sizes that differ are rewritten to be computed at run time; any other difference is an error, so a
 * size can never be baked in silently.
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
  merged.inputs.push(...a.inputs);
  const dimNames = inputDimNames(a, b);
  for (const [i, output] of a.outputs.entries()) {
    const shape = output.shape.map((size, axis) => {
      const other = b.outputs[i].shape[axis];
      return size === other ? size : (dimNames.get(`${size}|${other}`) ?? `${output.name}_${axis}`);
    });
    merged.outputs.push({ ...output, shape });
  }
  for (const [key, value] of a.constants) merged.constants.set(key, value);
  for (const [key, shape] of a.physicalShapes) merged.physicalShapes.set(key, shape);

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

/** By pair of sizes: how the inputs name a dim that differs. */
function inputDimNames(a: Graph, b: Graph): Map<string, string> {
  const names = new Map<string, string>();
  for (const { name, shape } of a.inputs) {
    shape.forEach((dim, axis) => {
      const key = `${a.physicalShapes.get(name)![axis]}|${b.physicalShapes.get(name)![axis]}`;
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

/** Finds, for a size that differs between the two traces, a value one of whose axes has it in both. */
class SizeResolver {
  private readonly a: Graph;
  private readonly b: Graph;
  private readonly merged: Graph;
  /** By the pair of sizes: the first value that has it, on which axis, and the number of the node that makes it. */
  private readonly axisOf = new Map<string, { readonly value: string; readonly axis: number; readonly at: number }>();
  private readonly known = new Map<string, string>();

  constructor(a: Graph, b: Graph, merged: Graph) {
    this.a = a;
    this.b = b;
    this.merged = merged;
    for (const input of a.inputs) this.define(input.name, -1);
    a.nodes.forEach((node, i) => {
      for (const output of node.outputs) this.define(output, i);
    });
  }

  private define(value: string, at: number): void {
    const other = this.b.physicalShapes.get(value);
    this.a.physicalShapes.get(value)!.forEach((size, axis) => {
      const key = `${size}|${other?.[axis]}`;
      if (size !== other?.[axis] && !this.axisOf.has(key)) this.axisOf.set(key, { value, axis, at });
    });
  }

  /** The ONNX value that holds the list at run time, or undefined where it cannot be told. */
  list(node: Node, index: number, a: readonly number[], b: readonly number[]): string | undefined {
    const differs = a.map((size, i) => size !== b[i]);
    if (!differs.includes(true)) return this.fixed(a);
    let entries: (number | undefined)[] = a.map((size, i) => (differs[i] ? undefined : size));
    if (node.op === 'Reshape') entries = this.reshapeEntries(node, a, b, entries);
    if (!entries.includes(undefined)) return this.fixed(entries as number[]);

    const parts: string[] = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      const part = entry === undefined ? this.lookUp(a[i], b[i], index) : this.fixed([entry]);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    if (parts.length === 1) return parts[0];
    return this.merged.emit('Concat', parts, { shape: [parts.length], dtype: 'int64' }, { axis: 0 }).name;
  }

  /** Reshape knows two short forms that ONNX Runtime's optimiser sees through: 0 copies an axis, one -1 is the rest. */
  private reshapeEntries(
    node: Node,
    a: readonly number[],
    b: readonly number[],
    entries: (number | undefined)[],
  ): (number | undefined)[] {
    const from = { a: this.a.physicalShapes.get(node.inputs[0])!, b: this.b.physicalShapes.get(node.inputs[0])! };
    const short = entries.map((entry, i) =>
      entry === undefined && from.a[i] === a[i] && from.b[i] === b[i] ? 0 : entry,
    );
    const rest = short.indexOf(undefined);
    if (rest >= 0) short[rest] = -1;
    return short;
  }

  private fixed(values: readonly number[]): string {
    const key = `fixed ${values}`;
    let name = this.known.get(key);
    if (name === undefined) {
      name = `sizes_of_${this.known.size}`;
      this.merged.constants.set(name, {
        dtype: 'int64',
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      });
      this.known.set(key, name);
    }
    return name;
  }

  private lookUp(a: number, b: number, before: number): string | undefined {
    const source = this.axisOf.get(`${a}|${b}`);
    if (!source || source.at >= before) return undefined;
    const key = `${source.value} ${source.axis}`;
    let name = this.known.get(key);
    if (name === undefined) {
      const rank = this.a.physicalShapes.get(source.value)!.length;
      const shape = this.merged.emit('Shape', [source.value], { shape: [rank], dtype: 'int64' });
      const axis = this.fixed([source.axis]);
      name = this.merged.emit('Gather', [shape.name, axis], { shape: [1], dtype: 'int64' }, { axis: 0 }).name;
      this.known.set(key, name);
    }
    return name;
  }
}
