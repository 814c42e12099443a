import * as ort from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FilterForms } from '../../../engine/graph-passes/filter-forms.ts';
import { encodeOnnx } from '../../../engine/onnx/encode.ts';
import { Graph, identityOrder, type Value } from '../../../engine/trace/graph.ts';

const [OUT, IN] = [32, 48];

/** The graph that gives a filter in blocks. */
class BlockedFilter extends FilterForms {
  constructor(source: Graph, block: number, { name, shape }: Value) {
    super(source, block);
    const [o, i, k] = shape;
    const blocked = {
      name: this.blockedFilter(name, o, i, k),
      shape,
      dtype: 'float32',
      order: identityOrder(4),
    } as const;
    this.graph.output('blocked', blocked);
  }
}

/** Of a weight, the filter of the way back, as a convolution's gradient has it. */
function turned(graph: Graph, { name, shape: [o, i, k] }: Value): Value {
  const shape = [i, o, k, k];
  const swapped = graph.emit('Transpose', [name], { shape }, { perm: [1, 0, 2, 3] });
  if (k === 1) return swapped;
  const ends = graph.int64s([-(2 ** 31), -(2 ** 31)]);
  const bounds = [graph.int64s([-1, -1]), ends, graph.int64s([2, 3]), graph.int64s([-1, -1])];
  return graph.emit('Slice', [swapped.name, ...bounds], { shape });
}

for (const block of [8, 16]) {
  for (const k of [1, 3]) {
    for (const isTurned of [false, true]) {
      test(`blocks of ${block}: a ${k}×${k} filter${isTurned ? ' of the way back' : ''}`, async () => {
        const shape = [OUT, IN, k, k];
        const source = new Graph();
        const weight = source.input('weight', shape, shape, 'float32', identityOrder(4));
        const filter = isTurned ? turned(source, weight) : weight;
        const { graph } = new BlockedFilter(source, block, filter);
        const session = await ort.InferenceSession.create(encodeOnnx(graph), { logSeverityLevel: 4 });
        const data = Float32Array.from({ length: OUT * IN * k * k }, (_, i) => i);
        const { blocked } = await session.run({ weight: new ort.Tensor('float32', data, shape) });
        await session.release();

        const at = (o: number, i: number, row: number, column: number) =>
          isTurned
            ? data[((i * IN + o) * k + k - 1 - row) * k + k - 1 - column]
            : data[((o * IN + i) * k + row) * k + column];
        const expected: number[] = [];
        const [o, i] = filter.shape;
        for (let outer = 0; outer < o; outer += block) {
          for (let inner = 0; inner < i; inner += block) {
            for (let row = 0; row < k; row++) {
              for (let column = 0; column < k; column++) {
                for (let a = 0; a < block; a++) {
                  for (let b = 0; b < block; b++) expected.push(at(outer + b, inner + a, row, column));
                }
              }
            }
          }
        }
        assert.equal([...(blocked.data as Float32Array)], expected);
        assert.is(graph.nodes.filter(({ op }) => op === 'Slice').length, 0);
      });
    }
  }
}

test.run();
