/** The public exports, and what other rooms use. */

export { engineOptionKinds, startEngine } from './create-engine.ts';
export { sizeOf } from './host-tensor.ts';
export { encodeOnnx } from './onnx/encode.ts';
export { compiledGraph, exportedGraph, type Precision, precisions } from './onnx/export-onnx.ts';
export { GraphBuilder, type Wire } from './onnx/graph-builder.ts';
export * from './public.ts';
export { Calibration, type PartRanges } from './quantization/calibration.ts';
export { dequantizeWeights, quantizeWeights } from './quantization/eight-bits.ts';
export { type Int8Support, int8Support } from './quantization/int8-support.ts';
export { type LayerNoise, NoiseMeasurement } from './quantization/layer-noise.ts';
export { quantizableLayers } from './quantization/quantizable-layers.ts';
export {
  type MaybeQuantized,
  partKey,
  type QuantizationConfig,
  quantizationOf,
} from './quantization/quantization-config.ts';
export { type RangeMethod, rangeMethods } from './quantization/ranges.ts';
export type { Graph } from './trace/graph.ts';
