/** The public exports, and what other rooms use. */

export { engineOptionKinds, startEngine } from './create-engine.ts';
export { sizeOf } from './host-tensor.ts';
export { encodeOnnx } from './onnx/encode.ts';
export { compiledGraph, exportedGraph, type Precision, precisions } from './onnx/export-onnx.ts';
export { GraphBuilder, type Wire } from './onnx/graph-builder.ts';
export * from './public.ts';
export type { Graph } from './trace/graph.ts';
