// N images, C channels, H × W pixels, B channels in a block.
import { ELEMENT_TYPES } from '../onnx/encode.ts';
import { BLOCKED } from '../trace/blocked.ts';
import type { Graph, Node } from '../trace/graph.ts';

/**
 * A graph under construction whose maps exist in plain order, in blocks of channels, or in both forms. A missing form
 * is made when it is asked for.
 */
export class MapForms {
  readonly graph: Graph;
  protected readonly block: number;
  /** By name of a map in the source: the name of its blocked form. */
  protected readonly blocked = new Map<string, string>();
  /** Names in the source whose plain form is in the result. */
  protected readonly plain: Set<string>;

  constructor(source: Graph, block: number) {
    this.graph = source.withoutNodes();
    this.block = block;
    this.plain = new Set([...source.inputs.map(({ name }) => name), ...source.constants.keys()]);
    this.graph.outputs.push(...source.outputs);
  }

  protected put(node: Node): void {
    this.graph.nodes.push(node);
    for (const output of node.outputs) this.plain.add(output);
  }

  /** In ONNX's order of axes. A dynamic dimension is a name: only sizes of channels and filters are always numbers. */
  protected shapeOf(name: string): readonly number[] {
    return (this.graph.values.get(name)?.shape ?? []) as readonly number[];
  }

  protected fits(channels: number): boolean {
    return channels % this.block === 0;
  }

  protected isMap(name: string): boolean {
    const shape = this.shapeOf(name);
    return shape.length === 4 && this.fits(shape[1]);
  }

  protected emit(op: string, inputs: readonly string[], shape: readonly number[], attributes: Node['attributes'] = {}) {
    return this.graph.emit(op, inputs, { shape }, attributes).name;
  }

  protected emitBlocked(
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Node['attributes'] = {},
  ): string {
    return this.graph.emit(op, inputs, { shape }, attributes, BLOCKED).name;
  }

  protected reshape(name: string, shape: readonly number[]): string {
    return this.emit('Reshape', [name, this.graph.int64s(shape)], shape);
  }

  protected transpose(name: string, perm: readonly number[]): string {
    const shape = this.shapeOf(name);
    return this.emit(
      'Transpose',
      [name],
      perm.map((axis) => shape[axis]),
      { perm },
    );
  }

  protected plainForm(name: string): string {
    const blocked = this.blocked.get(name);
    if (!this.plain.has(name) && blocked !== undefined) {
      const attributes = { channels: this.shapeOf(name)[1], channels_last: 0 };
      this.#reorder(blocked, name, { op: 'ReorderOutput', domain: BLOCKED, attributes });
    }
    return name;
  }

  protected blockedForm(name: string): string {
    let blocked = this.blocked.get(name);
    if (blocked === undefined) {
      blocked = `${name}_blocked`;
      this.graph.values.set(blocked, this.graph.values.get(name)!);
      this.#reorder(name, blocked, { op: 'ReorderInput', domain: BLOCKED, attributes: { channels_last: 0 } });
      this.blocked.set(name, blocked);
    }
    return blocked;
  }

  /** ONNX Runtime reorders only floats, so other types are cast before and after. */
  #reorder(from: string, to: string, how: Omit<Node, 'inputs' | 'outputs'>): void {
    const { dtype, shape } = this.graph.values.get(from)!;
    if (dtype === 'float32') {
      this.put({ ...how, inputs: [from], outputs: [to] });
      return;
    }
    const sizes = shape as readonly number[];
    const number = this.emit('Cast', [from], sizes, { to: ELEMENT_TYPES.float32 });
    const { name } = this.graph.emit(how.op, [number], { shape: sizes }, how.attributes, BLOCKED);
    this.put({ op: 'Cast', inputs: [name], outputs: [to], attributes: { to: ELEMENT_TYPES[dtype] } });
  }

  /** Whether one of the maps lies only in blocks, or all of them have a blocked form. */
  protected leansToBlocks(maps: readonly string[]): boolean {
    return maps.some((name) => !this.plain.has(name)) || maps.every((name) => this.blocked.has(name));
  }
}
