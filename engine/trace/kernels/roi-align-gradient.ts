// N images, H × W map, C channels, R regions, P × P bins, S samples a bin on each axis.
import { ELEMENT_TYPES } from '../../onnx/encode.ts';
import { ROI_ALIGN_GRAD, type RoiAlignAttributes } from '../../ops/roi-align.ts';
import { NCHW } from '../axes.ts';
import { traceKernel } from '../backend.ts';
import type { DType, Graph, Value } from '../graph.ts';

/** Operators whose results lie in plain order. */
const plainOps =
  (graph: Graph, dtype: DType) =>
  (op: string, inputs: readonly Value[], shape: readonly number[], attributes = {}): Value =>
    graph.emit(
      op,
      inputs.map(({ name }) => name),
      { shape, dtype },
      attributes,
    );

/** Along one axis: for each sample the two cells that it lies between, and their shares of the bin's mean. */
interface AxisSamples {
  /** `[R, P, 2S]`, whole numbers as int64 */
  readonly cells: Value;
  /** `[R, P, 2S]` */
  readonly shares: Value;
}

/** @param from column of `regions` where the axis starts @param size how many cells it has, a scalar */
function axisSamples(
  graph: Graph,
  regions: Value,
  from: number,
  size: Value,
  { aligned, outputSize, samplingRatio, spatialScale }: RoiAlignAttributes,
): AxisSamples {
  const float = plainOps(graph, 'float32');
  const [count] = regions.shape;
  const column = (at: number) => {
    const [start, end, axis] = [[at], [at + 1], [1]].map((list) => graph.int64s(list));
    const side = graph.emit('Slice', [graph.plain(regions), start, end, axis], { shape: [count, 1] });
    const scaled = float('Mul', [side, graph.scalar(spatialScale)], [count, 1]);
    return aligned ? float('Sub', [scaled, graph.scalar(0.5)], [count, 1]) : scaled;
  };
  const start = column(from);
  const extent = float('Sub', [column(from + 2), start], [count, 1]);
  const length = aligned ? extent : float('Max', [extent, graph.scalar(1)], [count, 1]);
  const samples = outputSize * samplingRatio;
  // In units of the region's length.
  const steps = Float32Array.from({ length: samples }, (_, i) => (i + 0.5) / samples);
  const apart = float('Mul', [length, graph.constant(steps, [1, samples], 'float32')], [count, samples]);
  const points = float('Add', [start, apart], [count, samples]);

  const bool = plainOps(graph, 'bool');
  const shape = [count, samples];
  const notBefore = bool('GreaterOrEqual', [points, graph.scalar(-1)], shape);
  const notBehind = bool('LessOrEqual', [points, size], shape);
  const isSeen = graph.emit(
    'Cast',
    [bool('And', [notBefore, notBehind], shape).name],
    { shape },
    { to: ELEMENT_TYPES.float32 },
  );
  const last = float('Sub', [size, graph.scalar(1)], []);
  const inside = float('Min', [float('Max', [points, graph.scalar(0)], shape), size], shape);
  const low = float('Min', [float('Floor', [inside], shape), last], shape);
  const high = float('Min', [float('Add', [low, graph.scalar(1)], shape), last], shape);
  const share = float('Div', [isSeen, graph.scalar(samplingRatio)], shape);
  const ofHigh = float('Mul', [float('Sub', [inside, low], shape), share], shape);
  const ofLow = float('Sub', [share, ofHigh], shape);

  /** Both neighbours of each sample, side by side, by bin. */
  const paired = (a: Value, b: Value): Value => {
    const grown = [a, b].map((value) =>
      graph.emit('Unsqueeze', [value.name, graph.int64s([2])], { shape: [...shape, 1] }),
    );
    const pairs = float('Concat', grown, [...shape, 2], { axis: 2 });
    const binned = [count, outputSize, 2 * samplingRatio];
    return graph.emit('Reshape', [pairs.name, graph.sizeList(binned)], { shape: binned });
  };
  const cells = paired(low, high);
  return {
    cells: graph.emit('Cast', [cells.name], { shape: cells.shape, dtype: 'int64' }, { to: ELEMENT_TYPES.int64 }),
    shares: paired(ofLow, ofHigh),
  };
}

/** The sizes N, C, H, W of a map: a value each. */
function sizesOf(graph: Graph, map: Value): Value[] {
  const shape = graph.emit('Shape', [graph.inOrder(map, NCHW)], { shape: [4], dtype: 'int64' });
  return [0, 1, 2, 3].map((axis) =>
    graph.emit('Gather', [shape.name, graph.int64s([axis])], { shape: [1], dtype: 'int64' }, { axis: 0 }),
  );
}

/**
 * The gradient of ROIAlign by the map: what came to a bin goes back to the cells that its samples lie between, in rows of
 * all channels that are added up where they meet. With as many samples as a bin has cells, how many there are would
 * depend on the regions' values: there is no such graph.
 */
traceKernel<RoiAlignAttributes>(ROI_ALIGN_GRAD, (graph, { dy, features, regions }, attributes) => {
  const { outputSize, samplingRatio } = attributes;
  if (samplingRatio < 1) throw new Error("Kernel 'RoiAlignGradAdaptive' not registered");
  const int64 = plainOps(graph, 'int64');
  const float = plainOps(graph, 'float32');
  const [count] = regions.shape;
  const [n, h, w, c] = features.shape;
  const [images, channels, height, width] = sizesOf(graph, features);
  const cast = (value: Value) => {
    const size = graph.emit('Cast', [value.name], { shape: [1] }, { to: ELEMENT_TYPES.float32 });
    return graph.emit('Squeeze', [size.name, graph.int64s([0])], { shape: [] });
  };
  const xs = axisSamples(graph, regions, 1, cast(width), attributes);
  const ys = axisSamples(graph, regions, 2, cast(height), attributes);
  const unsqueezed = (value: Value, axes: readonly number[]): Value => {
    const shape = [...value.shape];
    for (const axis of axes) shape.splice(axis, 0, 1);
    return graph.emit('Unsqueeze', [value.name, graph.int64s(axes)], { shape, dtype: value.dtype });
  };
  // [R, P, 2S, P, 2S]: rows of bins and of their cells, then columns.
  const grid = [count, outputSize, 2 * samplingRatio, outputSize, 2 * samplingRatio];
  const shares = float('Mul', [unsqueezed(ys.shares, [3, 4]), unsqueezed(xs.shares, [1, 2])], grid);
  const [start, end, axis] = [[0], [1], [1]].map((list) => graph.int64s(list));
  const numbers = graph.emit('Slice', [graph.plain(regions), start, end, axis], { shape: [count, 1] });
  const image = graph.emit('Cast', [numbers.name], { shape: [count, 1], dtype: 'int64' }, { to: ELEMENT_TYPES.int64 });
  const firstRow = unsqueezed(int64('Mul', [image, height], [count, 1]), [2]);
  const rows = int64('Mul', [int64('Add', [ys.cells, firstRow], ys.cells.shape), width], ys.cells.shape);
  const cells = int64('Add', [unsqueezed(rows, [3, 4]), unsqueezed(xs.cells, [1, 2])], grid);

  const spread = [count, outputSize, 1, outputSize, 1, c];
  const incoming = graph.emit('Reshape', [graph.plain(dy), graph.sizeList(spread)], { shape: spread });
  const updates = float('Mul', [incoming, unsqueezed(shares, [5])], [...grid, c]);
  const total = grid.reduce((product, size) => product * size, 1);
  const flat = (value: Value, width: number, dtype: DType) => {
    // Regions may be none, where ONNX would not tell a size of its own.
    const shape = graph.emit('Reshape', [value.name, graph.sizeList([total, width])], { shape: [total, width], dtype });
    return shape.name;
  };
  const pixels = int64('Mul', [int64('Mul', [images, height], [1]), width], [1]);
  const size = int64('Concat', [pixels, channels], [2], { axis: 0 });
  const zeros = graph.emit('Expand', [graph.scalar(0).name, size.name], { shape: [n * h * w, c] });
  const sum = graph.emit(
    'ScatterND',
    [zeros.name, flat(cells, 1, 'int64'), flat(updates, c, 'float32')],
    { shape: [n * h * w, c] },
    { reduction: 'add' },
  );
  const whole = int64('Concat', [images, height, width, channels], [4], { axis: 0 });
  return graph.emit('Reshape', [sum.name, whole.name], { shape: features.shape });
});
