/** Kernels that training needs and a tfjs backend lacks, composed of kernels that it has. */
import * as tf from '@tensorflow/tfjs-core';
import { BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRAD } from '../ops/batch-norm.ts';
import { DILATED_FILTER_GRADIENT, DILATED_INPUT_GRADIENT } from '../ops/conv2d.ts';
import { LOWEST } from '../ops/max-pool.ts';
import { registerGroupedGradients } from './grouped-convolution.ts';
import { provide } from './provide.ts';

type Inputs = Readonly<Record<string, tf.Tensor>>;
type Attributes = Readonly<Record<string, unknown>>;

const PIXELS = [0, 1, 2];

type Four = [number, number, number, number];

const convolutionInfo = (x: readonly number[], filter: readonly number[], attributes: Attributes) => {
  const { dilations = 1, pad, strides } = attributes;
  return tf.backend_util.computeConv2DInfo(
    [...x] as Four,
    [...filter] as Four,
    strides as number,
    dilations as number,
    pad as number,
  );
};

/** The gradient of a convolution by its filter. For each tap: (the pixels of x that the tap reads)ᵀ · dy. */
function filterGradient({ x, dy }: Inputs, attributes: Attributes): tf.Tensor {
  const shape = attributes.filterShape as Four;
  const info = convolutionInfo(x.shape, shape, attributes);
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // biome-ignore format: one axis each
  const [n, rows, columns, channels] = dy.shape as Four;
  const incoming = tf.reshape(dy, [n * rows * columns, channels]);
  const taps: tf.Tensor[] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      const [row, column] = [i * info.dilationHeight, j * info.dilationWidth];
      const end = [
        n,
        row + (rows - 1) * info.strideHeight + 1,
        column + (columns - 1) * info.strideWidth + 1,
        shape[2],
      ];
      const patches = tf.stridedSlice(padded, [0, row, column, 0], end, [1, info.strideHeight, info.strideWidth, 1]);
      taps.push(tf.matMul(tf.reshape(patches, [n * rows * columns, shape[2]]), incoming, true));
    }
  }
  return tf.reshape(tf.concat(taps, 0), shape);
}

/** Inserts zeros after each pixel, which becomes a block of `down` rows and `across` columns. */
function spaced(map: tf.Tensor, down: number, across: number): tf.Tensor {
  const [n, rows, columns, channels] = map.shape as Four;
  const apart = tf.reshape(map, [n, rows, 1, columns, 1, channels]);
  const filled = tf.pad(apart, [[0, 0], [0, 0], [0, down - 1], [0, 0], [0, across - 1], [0, 0]]); // biome-ignore format: one axis each
  return tf.reshape(filled, [n, rows * down, columns * across, channels]);
}

/** Numbers of one tap of a window, where the tap read the padded map: at every `stride`-th pixel from `row` and `column`. */
function placed(
  numbers: tf.Tensor,
  { strideHeight, strideWidth }: Pick<tf.backend_util.Conv2DInfo, 'strideHeight' | 'strideWidth'>,
  [row, column]: readonly number[],
  [height, width]: readonly number[],
): tf.Tensor {
  const [n, rows, columns, channels] = numbers.shape as Four;
  // The size of the spaced map without the zeros after its last pixels.
  const [spanned, across] = [(rows - 1) * strideHeight + 1, (columns - 1) * strideWidth + 1];
  const whole = tf.slice(spaced(numbers, strideHeight, strideWidth), [0, 0, 0, 0], [n, spanned, across, channels]);
  return tf.pad(whole, [[0, 0], [row, height - row - spanned], [column, width - column - across], [0, 0]]); // biome-ignore format: one axis each
}

/** The gradient of maximum pooling: each dy goes to the first pixel of its window that is the maximum. */
function maxPoolGradient({ dy, input, output }: Inputs, { filterSize, pad, strides }: Attributes): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(
    input.shape as Four,
    filterSize as number,
    strides as number,
    1,
    pad as number,
  );
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad(input, [[0, 0], [top, bottom], [left, right], [0, 0]], LOWEST); // biome-ignore format: one axis each
  const [n, height, width, channels] = padded.shape as Four;
  const [, rows, columns] = dy.shape as Four;
  let open: tf.Tensor = tf.onesLike(dy);
  const taps: tf.Tensor[] = [];
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      const end = [
        n,
        row + (rows - 1) * info.strideHeight + 1,
        column + (columns - 1) * info.strideWidth + 1,
        channels,
      ];
      const read = tf.stridedSlice(padded, [0, row, column, 0], end, [1, info.strideHeight, info.strideWidth, 1]);
      const wins = tf.mul(open, tf.cast(tf.equal(read, output), 'float32'));
      open = tf.sub(open, wins);
      taps.push(placed(tf.mul(dy, wins), info, [row, column], [height, width]));
    }
  }
  return tf.slice(tf.addN(taps), [0, top, left, 0], input.shape);
}

/** The gradient of average pooling: each dy, divided by the pixels of its window without padding, goes to all of them. */
function averagePoolGradient({ dy, input }: Inputs, { filterSize, pad, strides }: Attributes): tf.Tensor {
  const shape = input.shape as Four;
  const info = tf.backend_util.computePool2DInfo(shape, filterSize as number, strides as number, 1, pad as number);
  const { top, bottom, left, right } = info.padInfo;
  const [height, width] = [top + shape[1] + bottom, left + shape[2] + right];
  const [, rows, columns] = dy.shape as Four;
  const within = (at: number, before: number, size: number) => at >= before && at < before + size;
  const counts = new Float32Array(rows * columns);
  const taps: [row: number, column: number][] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      taps.push([i, j]);
      counts.forEach((_, k) => {
        const row = Math.floor(k / columns) * info.strideHeight + i;
        const column = (k % columns) * info.strideWidth + j;
        if (within(row, top, shape[1]) && within(column, left, shape[2])) counts[k]++;
      });
    }
  }
  const shares = tf.div(dy, tf.tensor4d(counts, [1, rows, columns, 1]));
  const sum = tf.addN(taps.map((tap) => placed(shares, info, tap, [height, width])));
  return tf.slice(sum, [0, top, left, 0], shape);
}

/** The gradient of a convolution by its input: the sum over taps of dy · tapᵀ, placed where the tap read x. */
function inputGradient({ dy, filter }: Inputs, attributes: Attributes): tf.Tensor {
  const shape = attributes.inputShape as Four;
  const info = convolutionInfo(shape, filter.shape, attributes);
  const { top, bottom, left, right } = info.padInfo;
  const [height, width] = [top + shape[1] + bottom, left + shape[2] + right];
  const [n, rows, columns, channels] = dy.shape as Four;
  const [, , inChannels] = filter.shape;
  const incoming = tf.reshape(dy, [n * rows * columns, channels]);
  const taps: tf.Tensor[] = [];
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      const [row, column] = [i * info.dilationHeight, j * info.dilationWidth];
      const tap = tf.reshape(tf.slice(filter, [i, j, 0, 0], [1, 1, -1, -1]), [inChannels, channels]);
      const products = tf.reshape(tf.matMul(incoming, tap, false, true), [n, rows, columns, inChannels]);
      taps.push(placed(products, info, [row, column], [height, width]));
    }
  }
  return tf.slice(tf.addN(taps), [0, top, left, 0], shape);
}

export function registerTrainingKernels(backendName: string): void {
  provide(backendName, BATCH_NORM_TRAINING, ({ x, gamma, beta }, { epsilon }) => {
    const { mean, variance } = tf.moments(x, PIXELS);
    const y = tf.batchNorm(
      x as tf.Tensor4D,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      beta as tf.Tensor1D,
      gamma as tf.Tensor1D,
      epsilon as number,
    );
    const count = x.size / x.shape[3]!;
    return [y, mean, variance, tf.mul(variance, count / (count - 1))];
  });
  provide(backendName, BATCH_NORM_TRAINING_GRAD, ({ dy, x, gamma, mean, variance }, { epsilon }) => {
    const inverse = tf.rsqrt(tf.add(variance, epsilon as number));
    const normalized = tf.mul(tf.sub(x, mean), inverse);
    const beta = tf.sum(dy, PIXELS);
    const product = tf.mul(dy, normalized);
    const rest = tf.add(tf.mean(dy, PIXELS), tf.mul(normalized, tf.mean(product, PIXELS)));
    return [tf.mul(tf.mul(gamma, inverse), tf.sub(dy, rest)), tf.sum(product, PIXELS), beta];
  });
  provide(backendName, 'Conv2DBackpropFilter', filterGradient);
  provide(backendName, DILATED_FILTER_GRADIENT, filterGradient);
  provide(backendName, DILATED_INPUT_GRADIENT, inputGradient);
  // tfjs's own kernel of the `wasm` backend gives nothing where all of a window is negative.
  if (backendName === 'wasm') tf.unregisterKernel('MaxPoolGrad', backendName);
  provide(backendName, 'MaxPoolGrad', maxPoolGradient);
  registerGroupedGradients(backendName);
  // tfjs's own kernels of its own backends count padding.
  if (backendName !== 'tensorflow') tf.unregisterKernel('AvgPoolGrad', backendName);
  provide(backendName, 'AvgPoolGrad', averagePoolGradient);
  // tfjs's own kernel of the `cpu` backend is wrong for every image of a batch but the first.
  if (backendName === 'cpu') tf.unregisterKernel('ResizeNearestNeighborGrad', backendName);
  provide(backendName, 'ResizeNearestNeighborGrad', ({ dy, images }, { alignCorners, halfPixelCenters }) => {
    if (alignCorners || halfPixelCenters) throw new Error("Kernel 'ResizeNearestNeighborGrad' not registered");
    // A 0/1 matrix along one axis: which source pixel (row) each pixel of the large map (column) was copied from.
    const sources = (small: number, large: number) =>
      tf.cast(
        tf.equal(
          tf.expandDims(tf.range(0, small), 1),
          tf.tensor1d(Float32Array.from({ length: large }, (_, i) => Math.floor((i * small) / large))),
        ),
        'float32',
      );
    const [, height, width] = images.shape;
    const [, rows, columns] = dy.shape;
    const byRow = tf.matMul(sources(height, rows), tf.transpose(dy, [0, 3, 1, 2]));
    return tf.transpose(tf.matMul(byRow, sources(width, columns), false, true), [0, 2, 3, 1]);
  });
}
