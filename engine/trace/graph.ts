import { sizeOf } from '../host-tensor.ts';

/**
 * Element types. Traced values are `float32`, `int32` and `bool`; `int64` occurs as sizes and indices, as ONNX requires;
 * the others only in exported graphs.
 */
export type DType = 'float32' | 'int32' | 'int64' | 'bool' | 'int8' | 'uint8' | 'float16' | 'float64';

export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  /** The body of a loop. */
  | { readonly graph: Graph };

export interface Node {
  readonly op: string;
  /** Set for operators outside of ONNX's own set. */
  readonly domain?: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Constant {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Numbers of half precision by their bits. */
  readonly data: Float32Array | Int32Array | BigInt64Array | Int8Array | Uint8Array | Uint16Array | Float64Array;
}

/** An input or output of a graph. Dynamic dimensions are names; axes are in ONNX's order. */
export interface GraphPort {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface GraphOutput extends GraphPort {
  /** The value that leaves the graph under this name. */
  readonly value: string;
}

/**
 * A traced tensor: the ONNX value `name`, seen through a permutation of its axes. Axis `i` of the ONNX value is axis
 * `order[i]` of the tensor that the model sees, so a transpose costs nothing until someone needs another order: a model
 * written in NHWC becomes a graph that is NCHW throughout.
 */
export interface Value {
  readonly name: string;
  /** As the model sees it. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly order: readonly number[];
}

/** The result of an operator, as in `Value`. Default: float32, in plain order. */
interface Result {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  readonly order?: readonly number[];
}

/** The machine that will run a graph, as far as the graph depends on it. */
export interface Target {
  /** For graphs without dynamic dimensions: channels in a block of ONNX Runtime's blocked layout. */
  readonly block?: number | undefined;
}

export const identityOrder = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** A graph of ONNX operators under construction. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: GraphPort[] = [];
  readonly outputs: GraphOutput[] = [];
  readonly constants = new Map<string, Constant>();
  /** Lists of sizes (the target of a Reshape, the ends of a Slice …) that may depend on the sizes of the inputs. */
  readonly sizes = new Map<string, readonly number[]>();
  /** Every ONNX value, in order of creation. Dynamic dimensions (names) appear only after traces are merged. */
  readonly values = new Map<string, { readonly dtype: DType; readonly shape: readonly (number | string)[] }>();
  /** By name of a constant: the model's parameter that it holds, or one that is computed from it. */
  readonly parameters = new Map<string, string>();
  readonly target: Target;
  readonly #reordered = new Map<string, string>();
  readonly #scalars = new Map<string, Value>();
  #count: number;

  /** @param from the graph whose numbering of names this one continues, and whose parameters it has */
  constructor(target: Target = {}, from?: Graph) {
    this.target = target;
    for (const [constant, parameter] of from?.parameters ?? []) this.parameters.set(constant, parameter);
    this.#count = from ? from.#count : 0;
  }

  /** A graph with the same inputs, constants and values, and no operators and outputs yet: what a pass builds on. */
  withoutNodes(): Graph {
    const graph = new Graph(this.target, this);
    graph.inputs.push(...this.inputs);
    for (const [name, constant] of this.constants) graph.constants.set(name, constant);
    for (const [name, type] of this.values) graph.values.set(name, type);
    return graph;
  }

  #fresh(prefix: string): string {
    return `${prefix}_${this.#count++}`;
  }

  /** Appends an operator. Its result has `shape` as the model sees it, and lies in memory in `order`. */
  emit(
    op: string,
    inputs: readonly string[],
    result: Result,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): Value {
    return this.emitAll(op, inputs, [result], attributes, domain)[0];
  }

  /** `emit` for an operator with several results. */
  emitAll(
    op: string,
    inputs: readonly string[],
    results: readonly Result[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): Value[] {
    const values = results.map((result) => this.#resultOf(op, result));
    this.nodes.push({ op, domain, inputs, outputs: values.map(({ name }) => name), attributes });
    return values;
  }

  /** Adds another result to the operator that made `value`. */
  emitBeside(value: string, result: Result): Value {
    const at = this.nodes.findIndex(({ outputs }) => outputs.includes(value));
    const node = this.nodes[at];
    const added = this.#resultOf(node.op, result);
    this.nodes[at] = { ...node, outputs: [...node.outputs, added.name] };
    return added;
  }

  #resultOf(op: string, { dtype = 'float32', shape, order = identityOrder(shape.length) }: Result): Value {
    const name = this.#fresh(op);
    this.values.set(name, { dtype, shape: order.map((axis) => shape[axis]) });
    return { name, shape, dtype, order };
  }

  input(
    name: string,
    shape: readonly number[],
    dims: readonly (number | string)[],
    dtype: DType,
    order: readonly number[],
  ): Value {
    this.inputs.push({ name, dtype, shape: order.map((axis) => dims[axis]) });
    this.values.set(name, { dtype, shape: order.map((axis) => shape[axis]) });
    return { name, shape, dtype, order };
  }

  /** `data` lies in `order`; `shape` is as the model sees it. */
  constant(
    data: Constant['data'],
    shape: readonly number[],
    dtype: DType,
    order: readonly number[] = identityOrder(shape.length),
  ): Value {
    const key = data.length === 1 ? `${dtype}[${shape}]${data[0]}` : '';
    const scalar = key && this.#scalars.get(key);
    if (scalar) return scalar;
    const name = this.#fresh('constant');
    const physicalShape = order.map((axis) => shape[axis]);
    this.constants.set(name, { dtype, shape: physicalShape, data });
    this.values.set(name, { dtype, shape: physicalShape });
    const value = { name, shape, dtype, order };
    if (key) this.#scalars.set(key, value);
    return value;
  }

  scalar(value: number, dtype: 'float32' | 'int32' = 'float32'): Value {
    return this.constant(dtype === 'float32' ? Float32Array.of(value) : Int32Array.of(value), [], dtype);
  }

  /** A constant list of integers, such as axes. */
  int64s(values: readonly number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64').name;
  }

  /** A list of sizes that may depend on the inputs' sizes. */
  sizeList(values: readonly number[]): string {
    const name = this.#fresh('sizes');
    this.sizes.set(name, values);
    return name;
  }

  /** The ONNX value that holds `value` with its axes in `order`. Adds a Transpose only if needed. */
  inOrder(value: Value, order: readonly number[]): string {
    if (order.every((axis, i) => axis === value.order[i])) return value.name;
    const key = `${value.name}|${value.order}|${order}`;
    let name = this.#reordered.get(key);
    if (name === undefined) {
      const perm = order.map((axis) => value.order.indexOf(axis));
      name = this.emit('Transpose', [value.name], { shape: value.shape, dtype: value.dtype, order }, { perm }).name;
      this.#reordered.set(key, name);
    }
    return name;
  }

  /** The ONNX value that holds `value` as the model sees it. */
  plain(value: Value): string {
    return this.inOrder(value, identityOrder(value.shape.length));
  }

  output(name: string, value: Value, order: readonly number[] = identityOrder(value.shape.length)): void {
    if (this.inputs.some((input) => input.name === name)) throw new Error(`'${name}' is both an input and an output`);
    const shape = order.map((axis) => value.shape[axis]);
    this.outputs.push({ name, value: this.inOrder(value, order), dtype: value.dtype, shape });
  }

  /** The nodes that the outputs need, in order. */
  liveNodes(outputs: readonly GraphOutput[] = this.outputs): Node[] {
    const needed = new Set(outputs.map((output) => output.value));
    const live: Node[] = [];
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i];
      if (!node.outputs.some((output) => needed.has(output))) continue;
      for (const input of node.inputs) needed.add(input);
      live.push(node);
    }
    return live.reverse();
  }
}

/** The size of a graph's constants in bytes. */
export const constantBytes = (graph: Graph): number =>
  [...graph.constants.values()].reduce((total, { data, shape }) => total + sizeOf(shape) * data.BYTES_PER_ELEMENT, 0);
