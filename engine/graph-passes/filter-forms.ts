// O × I × k × k filters, B channels in a block.
import type { Graph, Node } from '../trace/graph.ts';
import { makersOf } from '../trace/links.ts';
import { MapForms } from './map-forms.ts';

/** A graph under construction whose filters exist in plain order (OIHW), in blocks of channels, or in both forms. */
export class FilterForms extends MapForms {
  /** By name of a filter in the source: the name of its blocked form. */
  readonly #filters = new Map<string, string>();
  /** By shape of a filter: the order of its rows. */
  readonly #rowsByFilter = new Map<string, string>();
  /** By name of a value in the source: the node that makes it. */
  readonly #sourceMakers: ReadonlyMap<string, Node>;

  constructor(source: Graph, block: number) {
    super(source, block);
    this.#sourceMakers = makersOf(source.nodes);
  }

  /**
   * [O / B, I / B, k, k, B of I, B of O]; if I is less than a block, [O / B, I, k, k, B]. A Transpose makes the B
   * outputs of a block adjacent, then a Gather moves them a block at a time.
   */
  protected blockedFilter(filter: string, o: number, i: number, k: number): string {
    const blockedName = this.#filters.get(filter);
    if (blockedName !== undefined) return blockedName;
    const b = this.block;
    let blocked: string;
    if (i < b) {
      blocked = this.transpose(this.reshape(this.plainForm(filter), [o / b, b, i * k * k]), [0, 2, 1]);
    } else {
      const before = this.#turnedFrom(filter, k);
      const [whole, shape] = before === undefined ? [filter, [o, i * k * k]] : [before, [i * o, k * k]];
      const outputsLast = this.transpose(this.reshape(this.plainForm(whole), shape), [1, 0]);
      const rows = [(o * i * k * k) / b, b];
      const order = this.#rowsOfFilter(o, i, k, before !== undefined);
      blocked = this.emit('Gather', [this.reshape(outputsLast, rows), order], rows);
    }
    const result = this.reshape(blocked, [o, i, k, k]);
    this.#filters.set(filter, result);
    return result;
  }

  /** A blocked filter's rows of B outputs, in order: of [I, k, k, O / B] or, turned, of [k, k, I, O / B] reversed. */
  #rowsOfFilter(o: number, i: number, k: number, turned: boolean): string {
    const key = `${[o, i, k, turned]}`;
    let rows = this.#rowsByFilter.get(key);
    if (rows === undefined) {
      const [b, kk] = [this.block, k * k];
      const rowIndices: number[] = [];
      for (let outer = 0; outer < o / b; outer++) {
        for (let inner = 0; inner < i / b; inner++) {
          for (let at = 0; at < kk; at++) {
            for (let channel = 0; channel < b; channel++) {
              const input = inner * b + channel;
              const row = turned ? (kk - 1 - at) * i + input : input * kk + at;
              rowIndices.push(row * (o / b) + outer);
            }
          }
        }
      }
      rows = this.graph.constant(Int32Array.from(rowIndices), [rowIndices.length], 'int32').name;
      this.#rowsByFilter.set(key, rows);
    }
    return rows;
  }

  /** If `filter` is another filter rotated by 180° with its channels swapped (as in a backward pass): that filter. */
  #turnedFrom(filter: string, k: number): string | undefined {
    let maker = this.#sourceMakers.get(filter);
    if (k > 1) {
      const steps = maker?.op === 'Slice' && this.graph.constants.get(maker.inputs[4])?.data;
      if (!steps || `${steps}` !== '-1,-1') return undefined;
      maker = this.#sourceMakers.get(maker!.inputs[0]);
    }
    return maker?.op === 'Transpose' && `${maker.attributes.perm}` === '1,0,2,3' ? maker.inputs[0] : undefined;
  }
}
