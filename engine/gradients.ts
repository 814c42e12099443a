/**
 * Gradients of tfjs kernels, for `tf.valueAndGrads`. tfjs-core has them too, but in Node only the package
 * `@tensorflow/tfjs` registers them, and it brings five more packages. When an operand was broadcast, its gradient is
 * summed over the broadcast axes.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  DILATED_FILTER_GRADIENT,
  DILATED_INPUT_GRADIENT,
  GROUPED_CONV2D,
  GROUPED_FILTER_GRADIENT,
  GROUPED_INPUT_GRADIENT,
} from './ops/conv2d.ts';

type Gradients = Readonly<Record<string, () => tf.Tensor>>;
type Attributes = Readonly<Record<string, unknown>>;
type KernelAttributes = Parameters<ReturnType<typeof tf.engine>['runKernel']>[2];

interface Gradient {
  readonly inputs?: readonly string[];
  readonly saveAllInputs?: boolean;
  /** Whether to save the kernel's result too; it follows the saved inputs. */
  readonly output?: boolean;
  readonly of: (dy: tf.Tensor, saved: readonly tf.Tensor[], attributes: Attributes) => Gradients;
}

function gradient(kernelName: string, { inputs = [], of, output = false, saveAllInputs = false }: Gradient): void {
  if (tf.getGradient(kernelName)) return;
  tf.registerGradient({
    kernelName,
    inputsToSave: [...inputs],
    outputsToSave: [output],
    saveAllInputs,
    gradFunc: (dy, saved, attributes) => of(dy as tf.Tensor, saved, attributes as Attributes),
  });
}

/** Undoes broadcasting: sums `x` over the axes along which `shape` was broadcast. */
function summedTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes([...shape], x.shape);
  return tf.reshape(axes.length ? tf.sum(x, axes) : x, [...shape]);
}

/** A kernel of one operand `x`. */
const unary = (kernelName: string, of: (dy: tf.Tensor, x: tf.Tensor) => tf.Tensor): void =>
  gradient(kernelName, { inputs: ['x'], of: (dy, [x]) => ({ x: () => of(dy, x) }) });

/** A kernel of one operand whose gradient depends on its result. */
const byResult = (kernelName: string, name: string, of: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor): void =>
  gradient(kernelName, { output: true, of: (dy, [y]) => ({ [name]: () => of(dy, y) }) });

/**
 * A kernel whose result does not change with small changes of its operands, such as a comparison. Without a registered
 * gradient tfjs would refuse a loss that masks by `tf.less`.
 */
const constant = (kernelName: string, ...names: readonly string[]): void =>
  gradient(kernelName, {
    inputs: names,
    of: (_, operands) =>
      // Gradients are floats, also of an operand that is a bool.
      Object.fromEntries(names.map((name, i) => [name, () => tf.zerosLike(asFloat(operands[i]))])),
  });

/** A kernel of two operands that broadcast. */
const binary = (
  kernelName: string,
  ofA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  ofB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): void =>
  gradient(kernelName, {
    inputs: ['a', 'b'],
    of: (dy, [a, b]) => ({
      a: () => summedTo(ofA(dy, a, b), a.shape),
      b: () => summedTo(ofB(dy, a, b), b.shape),
    }),
  });

const asFloat = (condition: tf.Tensor): tf.Tensor => tf.cast(condition, 'float32');

binary(
  'Add',
  (dy) => dy,
  (dy) => dy,
);
binary(
  'Sub',
  (dy) => dy,
  (dy) => tf.neg(dy),
);
binary(
  'Multiply',
  (dy, _, b) => tf.mul(dy, b),
  (dy, a) => tf.mul(dy, a),
);
binary(
  'RealDiv',
  (dy, _, b) => tf.div(dy, b),
  (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
);
binary(
  'SquaredDifference',
  (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
  (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
);
binary(
  'Pow',
  (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
  // As tfjs has it: a power of a negative number has no gradient by its exponent.
  (dy, a, b) => tf.mul(dy, tf.mul(tf.pow(a, b), tf.where(tf.greater(a, 0), tf.log(a), tf.zerosLike(a)))),
);
binary(
  'Maximum',
  (dy, a, b) => tf.mul(dy, asFloat(tf.greaterEqual(a, b))),
  (dy, a, b) => tf.mul(dy, asFloat(tf.less(a, b))),
);
binary(
  'Minimum',
  (dy, a, b) => tf.mul(dy, asFloat(tf.lessEqual(a, b))),
  (dy, a, b) => tf.mul(dy, asFloat(tf.greater(a, b))),
);

for (const name of ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual']) constant(name, 'a', 'b');
for (const name of ['LogicalAnd', 'LogicalOr']) constant(name, 'a', 'b');
for (const name of ['LogicalNot', 'Ceil', 'Floor', 'Round', 'Sign', 'Step', 'ZerosLike', 'OnesLike'])
  constant(name, 'x');

unary('Abs', (dy, x) => tf.mul(dy, tf.sign(x)));
unary('Cast', (dy) => dy);
unary('Cos', (dy, x) => tf.neg(tf.mul(dy, tf.sin(x))));
unary('Erf', (dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x))))));
unary('Identity', (dy) => dy);
unary('Log', (dy, x) => tf.div(dy, x));
unary('Neg', (dy) => tf.neg(dy));
unary('Relu6', (dy, x) => tf.mul(dy, asFloat(tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6)))));
unary('Reshape', (dy, x) => tf.reshape(dy, x.shape));
unary('Sin', (dy, x) => tf.mul(dy, tf.cos(x)));
unary('Softplus', (dy, x) => tf.mul(dy, tf.sigmoid(x)));
unary('Square', (dy, x) => tf.mul(dy, tf.mul(2, x)));
byResult('Exp', 'x', (dy, y) => tf.mul(dy, y));
byResult('Reciprocal', 'x', (dy, y) => tf.neg(tf.mul(dy, tf.square(y))));
// The result is positive exactly where x is, and the next layer saves it anyway: one map is held instead of two.
byResult('Relu', 'x', (dy, y) => tf.mul(dy, tf.step(y)));
byResult('Rsqrt', 'x', (dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y)))));
byResult('Sigmoid', 'x', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))));
byResult('Sqrt', 'x', (dy, y) => tf.div(dy, tf.mul(2, y)));
byResult('Tanh', 'x', (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y))));
byResult('LogSoftmax', 'logits', (dy, y) => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(y))));
byResult('Softmax', 'logits', (dy, y) => {
  const product = tf.mul(dy, y);
  return tf.sub(product, tf.mul(tf.sum(product, -1, true), y));
});

gradient('ExpandDims', { inputs: ['input'], of: (dy, [input]) => ({ input: () => tf.reshape(dy, input.shape) }) });
gradient('ClipByValue', {
  inputs: ['x'],
  of: (dy, [x], { clipValueMin, clipValueMax }) => ({
    x: () =>
      tf.mul(
        dy,
        asFloat(tf.logicalAnd(tf.greaterEqual(x, clipValueMin as number), tf.lessEqual(x, clipValueMax as number))),
      ),
  }),
});
gradient('LeakyRelu', {
  inputs: ['x'],
  of: (dy, [x], { alpha }) => ({ x: () => tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha as number)) }),
});
gradient('Select', {
  inputs: ['condition'],
  of: (dy, [condition]) => ({
    condition: () => tf.cast(tf.zerosLike(condition), 'float32'),
    t: () => tf.mul(dy, asFloat(condition)),
    e: () => tf.mul(dy, asFloat(tf.logicalNot(condition))),
  }),
});
gradient('AddN', {
  saveAllInputs: true,
  of: (dy, saved) => Object.fromEntries(saved.map((_, i) => [i, () => tf.clone(dy)])),
});

/** `dy` of a reduction, reshaped so that it broadcasts over the reduced axes. */
function spread(dy: tf.Tensor, x: tf.Tensor, axis: unknown): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
  return tf.reshape(
    dy,
    x.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  );
}
gradient('Sum', {
  inputs: ['x'],
  of: (dy, [x], { axis }) => ({ x: () => tf.mul(spread(dy, x, axis), tf.onesLike(x)) }),
});
gradient('Mean', {
  inputs: ['x'],
  of: (dy, [x], { axis }) => ({
    x: () => {
      // The count is a sum of ones, so that a traced graph has no constant size.
      const ones = tf.onesLike(x);
      return tf.mul(spread(dy, x, axis), tf.div(ones, tf.sum(ones, axis as number[], true)));
    },
  }),
});
for (const [kernelName, attribute] of [
  ['Max', 'reductionIndices'],
  ['Min', 'axis'],
]) {
  gradient(kernelName, {
    inputs: ['x'],
    output: true,
    of: (dy, [x, y], { [attribute]: axis }) => ({
      x: () => tf.mul(spread(dy, x, axis), asFloat(tf.equal(x, spread(y, x, axis)))),
    }),
  });
}

gradient('Transpose', {
  of: (dy, _, { perm }) => ({ x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])) }),
});
gradient('PadV2', {
  inputs: ['x'],
  of: (dy, [x], { paddings }) => ({
    x: () =>
      tf.slice(
        dy,
        (paddings as [number, number][]).map(([before]) => before),
        x.shape,
      ),
  }),
});
gradient('Slice', {
  inputs: ['x'],
  of: (dy, [x], { begin, size }) => ({
    x: () => {
      const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]);
      return tf.pad(
        dy,
        starts.map((start, axis) => [start, x.shape[axis] - start - sizes[axis]]),
      );
    },
  }),
});
gradient('Tile', {
  inputs: ['x'],
  of: (dy, [x], { reps }) => ({
    x: () => {
      // [r · s, …] as [r, s, …]: the copies of an element along each axis.
      const copies = tf.reshape(
        dy,
        x.shape.flatMap((size, i) => [(reps as number[])[i], size]),
      );
      return tf.sum(copies, x.shape.map((_, i) => 2 * i)); // biome-ignore format: one line
    },
  }),
});
gradient('Concat', {
  saveAllInputs: true,
  of: (dy, saved, { axis }) => {
    const at = tf.util.parseAxisParam(axis as number, saved[0].shape)[0];
    // Each part is sliced from the rest, so that its start is the size of one operand and not a sum of sizes: traced
    // graphs can then look the size up. All parts are made now because tfjs tidies up after each gradient function.
    let rest = dy;
    const parts = saved.map(({ shape }, i) => {
      const part = i === saved.length - 1 ? rest : tf.slice(rest, Array(shape.length).fill(0), shape);
      const begin = shape.map((_, k) => (k === at ? shape[at] : 0));
      if (i < saved.length - 1) rest = tf.slice(rest, begin);
      return part;
    });
    return Object.fromEntries(parts.map((part, i) => [i, () => tf.clone(part)]));
  },
});

gradient('BatchMatMul', {
  inputs: ['a', 'b'],
  of: (dy, [a, b], { transposeA, transposeB }) => ({
    a: () =>
      transposeA ? tf.matMul(b, dy, transposeB as boolean, true) : tf.matMul(dy, b, false, !transposeB as boolean),
    b: () =>
      transposeB ? tf.matMul(dy, a, true, transposeA as boolean) : tf.matMul(a, dy, !transposeA as boolean, false),
  }),
});

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dilations?: number | [number, number];
}
gradient('Conv2D', {
  inputs: ['x', 'filter'],
  of: (dy, [x, filter], attributes) => {
    const { dilations = 1, pad, strides } = attributes as unknown as ConvolutionAttributes;
    const isDilated = [dilations].flat().some((dilation) => dilation !== 1);
    const run = (kernelName: string, inputs: tf.NamedTensorMap, more: object) =>
      tf.engine().runKernel(kernelName, inputs, {
        ...{ strides, pad, dataFormat: 'NHWC', ...more },
        ...(isDilated ? { dilations } : {}),
      }) as tf.Tensor;
    const [ofInput, ofFilter] = isDilated
      ? [DILATED_INPUT_GRADIENT, DILATED_FILTER_GRADIENT]
      : ['Conv2DBackpropInput', 'Conv2DBackpropFilter'];
    return {
      x: () => run(ofInput, { dy, filter }, { inputShape: x.shape }),
      filter: () => run(ofFilter, { x, dy }, { filterShape: filter.shape }),
    };
  },
});
gradient(GROUPED_CONV2D, {
  inputs: ['x', 'filter'],
  of: (dy, [x, filter], attributes) => {
    const run = (kernelName: string, inputs: tf.NamedTensorMap, more: object) =>
      tf.engine().runKernel(kernelName, inputs, { ...(attributes as KernelAttributes), ...more }) as tf.Tensor;
    return {
      x: () => run(GROUPED_INPUT_GRADIENT, { dy, filter }, { inputShape: x.shape }),
      filter: () => run(GROUPED_FILTER_GRADIENT, { x, dy }, { filterShape: filter.shape }),
    };
  },
});
/** A transposed convolution: the gradient of a convolution by its input, so that its own is the convolution. */
gradient('Conv2DBackpropInput', {
  inputs: ['dy', 'filter'],
  of: (dy, [x, filter], attributes) => {
    const { pad, strides } = attributes as unknown as ConvolutionAttributes;
    return {
      dy: () => tf.conv2d(dy as tf.Tensor4D, filter as tf.Tensor4D, strides, pad),
      filter: () =>
        tf
          .engine()
          .runKernel(
            'Conv2DBackpropFilter',
            { x: dy, dy: x },
            { strides, pad, dataFormat: 'NHWC', filterShape: filter.shape },
          ) as tf.Tensor,
    };
  },
});
gradient('MaxPool', {
  inputs: ['x'],
  output: true,
  of: (dy, [input, output], attributes) => ({
    x: () => tf.engine().runKernel('MaxPoolGrad', { dy, input, output }, attributes as KernelAttributes) as tf.Tensor,
  }),
});
gradient('AvgPool', {
  inputs: ['x'],
  of: (dy, [input], attributes) => ({
    x: () => tf.engine().runKernel('AvgPoolGrad', { dy, input }, attributes as KernelAttributes) as tf.Tensor,
  }),
});
gradient('ResizeNearestNeighbor', {
  inputs: ['images'],
  of: (dy, [images], attributes) => ({
    images: () =>
      tf.engine().runKernel('ResizeNearestNeighborGrad', { dy, images }, attributes as KernelAttributes) as tf.Tensor,
  }),
});
/** Batch norm with fixed statistics; its scale and shift may be trained. */
gradient('FusedBatchNorm', {
  inputs: ['x', 'mean', 'variance', 'scale'],
  of: (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
    const inverse = () => tf.rsqrt(tf.add(variance, varianceEpsilon as number));
    const ofMean = () => summedTo(tf.neg(tf.mul(dy, tf.mul(inverse(), scale))), mean.shape);
    const moment = () => summedTo(tf.mul(dy, tf.sub(x, mean)), mean.shape);
    return {
      x: () => tf.mul(dy, tf.mul(inverse(), scale)),
      mean: ofMean,
      variance: () => tf.mul(tf.mul(-0.5, tf.mul(moment(), scale)), tf.mul(inverse(), tf.square(inverse()))),
      scale: () => tf.mul(moment(), inverse()),
      offset: () => summedTo(dy, mean.shape),
    };
  },
});
