import { createHash } from 'node:crypto';
import { type Attribute, type Constant, type DType, Graph } from '../trace/graph.ts';
import { ELEMENT_TYPES } from './encode.ts';

/** A value of a graph under construction: its ONNX name, and the type of its elements. */
export interface Wire {
  readonly name: string;
  readonly dtype: DType;
}

/** A value, or a number of the other operand's type. */
export type Operand = Wire | number;

type Attributes = Readonly<Record<string, Attribute>>;

/** The types that numbers may have. */
type Numeric = Exclude<DType, 'bool' | 'float16'>;

/** A list `[N, …]`, and the sizes of a row of it. */
export interface RowList {
  readonly value: Wire;
  readonly row: readonly number[];
}

/** What there is of each row: its type, and its sizes, which are lists of one or numbers. */
export interface RowResult {
  readonly dtype: Numeric;
  readonly sizes: readonly Operand[];
}

const ARRAYS = {
  ...{ float32: Float32Array, float64: Float64Array, int32: Int32Array, int8: Int8Array, uint8: Uint8Array },
};

/**
 * Builds a graph from ONNX's own operators, for what is not traced: everything whose sizes depend on values. An operator
 * computes as ONNX says, on axes in ONNX's order, with NumPy's broadcasting.
 */
export class GraphBuilder {
  readonly graph = new Graph();
  /** Of the whole file: names in the body of a loop differ from those around it. */
  readonly #root: GraphBuilder;
  readonly #shared = new Map<string, string>();
  #count = 0;

  constructor(root?: GraphBuilder) {
    this.#root = root ?? this;
  }

  input(name: string, dtype: DType, shape: readonly (number | string)[]): Wire {
    this.graph.inputs.push({ name, dtype, shape });
    return { name, dtype };
  }

  output(name: string, value: Wire, shape: readonly (number | string)[]): void {
    this.graph.outputs.push({ name, value: value.name, dtype: value.dtype, shape });
  }

  /** An operator whose result has the type of its first input, unless it says another. */
  op(op: string, inputs: readonly (Wire | undefined)[], attributes: Attributes = {}, dtype?: DType): Wire {
    return this.ops(op, inputs, [dtype ?? inputs[0]!.dtype], attributes)[0];
  }

  /** `op` for an operator with several results. */
  ops(
    op: string,
    inputs: readonly (Wire | undefined)[],
    dtypes: readonly DType[],
    attributes: Attributes = {},
  ): Wire[] {
    const results = dtypes.map((dtype) => ({ name: this.#fresh(op), dtype }));
    const [inputNames, outputs] = [inputs.map((input) => input?.name ?? ''), results.map(({ name }) => name)];
    this.graph.nodes.push({ op, inputs: inputNames, outputs, attributes });
    return results;
  }

  /** A constant; without a shape, a list. */
  constant(values: readonly number[], dtype: Numeric | 'bool', shape: readonly number[] = [values.length]): Wire {
    const data =
      dtype === 'int64' ? BigInt64Array.from(values, BigInt) : ARRAYS[dtype === 'bool' ? 'uint8' : dtype].from(values);
    return { name: this.#root.graph.constant(data, shape, dtype).name, dtype };
  }

  ints(...values: readonly number[]): Wire {
    return this.constant(values, 'int64');
  }

  /**
   * Puts a traced graph in the place of one operator.
   *
   * @param prefix of its names @param inputs by their names in it
   * @returns its outputs, by theirs
   */
  include(part: Graph, prefix: string, inputs: Readonly<Record<string, Wire>>): Record<string, Wire> {
    const names = new Map(Object.entries(inputs).map(([name, { name: own }]) => [name, own]));
    for (const [name, constant] of part.constants) names.set(name, this.#sharedConstant(constant));
    const nameOf = (name: string) => names.get(name) ?? (name && `${prefix}/${name}`);
    for (const { inputs: from, outputs: to, ...rest } of part.nodes) {
      this.graph.nodes.push({ ...rest, inputs: from.map(nameOf), outputs: to.map(nameOf) });
    }
    return Object.fromEntries(
      part.outputs.map(({ dtype, name, value }) => [name, { name: nameOf(value), dtype }] as const),
    );
  }

  /** Parts may hold the same weights: they are in the file once. */
  #sharedConstant({ data, dtype, shape }: Constant): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype}[${shape}]${createHash('sha256').update(bytes).digest('base64')}`;
    const name = this.#root.#shared.get(key) ?? this.#root.graph.constant(data, shape, dtype).name;
    this.#root.#shared.set(key, name);
    return name;
  }

  #fresh(prefix: string): string {
    return `${prefix}_${this.#root.#count++}`;
  }

  #operand(value: Operand, like: Wire): Wire {
    return typeof value === 'number' ? this.constant([value], like.dtype as Numeric, []) : value;
  }

  #binary(op: string, a: Operand, b: Operand, dtype?: DType): Wire {
    const like = (typeof a === 'number' ? b : a) as Wire;
    return this.op(op, [this.#operand(a, like), this.#operand(b, like)], {}, dtype ?? like.dtype);
  }

  add = (a: Operand, b: Operand): Wire => this.#binary('Add', a, b);
  sub = (a: Operand, b: Operand): Wire => this.#binary('Sub', a, b);
  mul = (a: Operand, b: Operand): Wire => this.#binary('Mul', a, b);
  div = (a: Operand, b: Operand): Wire => this.#binary('Div', a, b);
  mod = (a: Operand, b: Operand): Wire => this.#binary('Mod', a, b);
  min = (a: Operand, b: Operand): Wire => this.#binary('Min', a, b);
  max = (a: Operand, b: Operand): Wire => this.#binary('Max', a, b);
  greater = (a: Operand, b: Operand): Wire => this.#binary('Greater', a, b, 'bool');
  atLeast = (a: Operand, b: Operand): Wire => this.#binary('GreaterOrEqual', a, b, 'bool');
  equal = (a: Operand, b: Operand): Wire => this.#binary('Equal', a, b, 'bool');
  and = (a: Wire, b: Wire): Wire => this.#binary('And', a, b);
  matMul = (a: Wire, b: Wire): Wire => this.op('MatMul', [a, b]);
  floor = (x: Wire): Wire => this.op('Floor', [x]);
  ceil = (x: Wire): Wire => this.op('Ceil', [x]);
  sqrt = (x: Wire): Wire => this.op('Sqrt', [x]);
  exp = (x: Wire): Wire => this.op('Exp', [x]);
  log = (x: Wire): Wire => this.op('Log', [x]);
  neg = (x: Wire): Wire => this.op('Neg', [x]);

  where(condition: Wire, a: Operand, b: Operand): Wire {
    const like = (typeof a === 'number' ? b : a) as Wire;
    return this.op('Where', [condition, this.#operand(a, like), this.#operand(b, like)], {}, like.dtype);
  }

  cast(x: Wire, dtype: DType): Wire {
    return x.dtype === dtype ? x : this.op('Cast', [x], { to: ELEMENT_TYPES[dtype] }, dtype);
  }

  /** A size of a value, as a list of one. */
  size(x: Wire, axis: number): Wire {
    return this.op('Shape', [x], { start: axis, end: axis + 1 }, 'int64');
  }

  /** @param shape sizes that are lists of one, or numbers: −1 is what is left, 0 the size that the axis has */
  reshape(x: Wire, ...shape: readonly Operand[]): Wire {
    return this.op('Reshape', [x, this.#list(shape)]);
  }

  /** Of sizes. */
  #list(values: readonly Operand[]): Wire {
    if (values.every((value) => typeof value === 'number')) return this.ints(...values);
    return this.concat(
      values.map((value) => (typeof value === 'number' ? this.ints(value) : value)),
      0,
    );
  }

  concat(values: readonly Wire[], axis: number): Wire {
    return values.length === 1 ? values[0] : this.op('Concat', values, { axis });
  }

  gather(x: Wire, indices: Wire, axis = 0): Wire {
    return this.op('Gather', [x, indices], { axis });
  }

  /** Elements `from` … `to − 1` of an axis. */
  slice(x: Wire, from: Operand, to: Operand, axis: number): Wire {
    return this.op('Slice', [x, this.#list([from]), this.#list([to]), this.ints(axis)]);
  }

  /** Columns of the last axis, one by one, with that axis left. */
  columns(x: Wire, count: number, axis = -1): Wire[] {
    return this.ops('Split', [x], Array(count).fill(x.dtype), { axis });
  }

  transpose(x: Wire, ...perm: readonly number[]): Wire {
    return this.op('Transpose', [x], { perm });
  }

  unsqueeze(x: Wire, ...axes: readonly number[]): Wire {
    return this.op('Unsqueeze', [x, this.ints(...axes)]);
  }

  squeeze(x: Wire, ...axes: readonly number[]): Wire {
    return this.op('Squeeze', [x, this.ints(...axes)]);
  }

  /** 0, 1, … `count − 1`. @param count a list of one */
  range(count: Wire): Wire {
    const scalar = (value: number) => this.constant([value], 'int64', []);
    return this.op('Range', [scalar(0), this.squeeze(count, 0), scalar(1)], {}, 'int64');
  }

  /** A value in every place. @param shape sizes that are lists of one, or numbers */
  filled(value: number, dtype: Numeric, ...shape: readonly Operand[]): Wire {
    return this.op('Expand', [this.constant([value], dtype, []), this.#list(shape)]);
  }

  /** Over all axes, or some. */
  reduceMax(x: Wire, axes?: readonly number[], keepdims = 0): Wire {
    return this.op('ReduceMax', [x], { ...(axes && { axes }), keepdims });
  }

  /** The sum over axes; without any, over all. */
  reduceSum(x: Wire, axes?: readonly number[], keepdims = 0): Wire {
    return this.op('ReduceSum', axes ? [x, this.ints(...axes)] : [x], { keepdims });
  }

  /** The greatest values of a list and their places, greatest first; of equal ones the first first. */
  topK(x: Wire, count: Operand): { values: Wire; places: Wire } {
    const [values, places] = this.ops('TopK', [x, this.#list([count])], [x.dtype, 'int64'], { axis: 0 });
    return { values, places };
  }

  /** Where a list is true: places, in order. */
  placesOf(list: Wire): Wire {
    return this.squeeze(this.op('NonZero', [list], {}, 'int64'), 0);
  }

  /** A list with values at some places. */
  scattered(list: Wire, places: Wire, values: Wire): Wire {
    return this.op('ScatterElements', [list, places, values], { axis: 0 });
  }

  /**
   * What a body computes of each row of lists. Values around the body are seen in it.
   *
   * @param body from rows to results
   * @returns `[N, …]` of each result
   */
  forEach(
    lists: readonly RowList[],
    results: readonly RowResult[],
    body: (g: GraphBuilder, rows: readonly Wire[]) => readonly Wire[],
  ): Wire[] {
    const shapes = results.map(({ sizes }) =>
      sizes.map((size) => (typeof size === 'number' ? size : `${size.name}_0`)),
    );
    const dtypes = results.map(({ dtype }) => dtype);
    const branch = (build: (inner: GraphBuilder) => readonly Wire[]): Attribute => {
      const inner = new GraphBuilder(this.#root);
      build(inner).forEach((value, i) => {
        inner.output(this.#fresh('rows'), value, [this.#fresh('count'), ...shapes[i]]);
      });
      return { graph: inner.graph };
    };
    const scanned = (outer: GraphBuilder): Wire[] => {
      const inner = new GraphBuilder(this.#root);
      const rows = lists.map(({ row, value }) => inner.input(this.#fresh('row'), value.dtype, row));
      body(inner, rows).forEach((value, i) => {
        inner.output(this.#fresh('result'), value, shapes[i]);
      });
      const values = lists.map(({ value }) => value);
      return outer.ops('Scan', values, dtypes, { num_scan_inputs: lists.length, body: { graph: inner.graph } });
    };
    // ONNX Runtime's Scan refuses lists without rows.
    const isAny = this.squeeze(this.greater(this.size(lists[0].value, 0), 0), 0);
    return this.ops('If', [isAny], dtypes, {
      then_branch: branch(scanned),
      else_branch: branch((inner) => results.map(({ dtype, sizes }) => inner.filled(0, dtype, 0, ...sizes))),
    });
  }
}
