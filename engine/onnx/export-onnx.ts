import type { ProgramSpec } from '../engine.ts';
import { applyPasses, compilePasses, exportPasses, halfPasses } from '../graph-passes/graph-pass.ts';
import type { Graph } from '../trace/graph.ts';
import { trace } from '../trace/trace.ts';
import { encodeOnnx } from './encode.ts';

/** The precision of weights and activations in an exported file. */
export const precisions = ['float32', 'float16'] as const;
export type Precision = (typeof precisions)[number];

/** The graph of a model for any runtime. Batch norms are folded into the convolutions before them. */
export const exportedGraph = (spec: ProgramSpec, precision: Precision = 'float32'): Graph =>
  applyPasses(trace(spec), precision === 'float16' ? halfPasses : exportPasses);

/** The graph of a model as it runs here: ONNX Runtime, which folds batch norms itself, computes the same to the bit. */
export const compiledGraph = (spec: ProgramSpec): Graph => applyPasses(trace(spec), compilePasses);

/** Exports a model as an ONNX file for any runtime. */
export const exportOnnx = (spec: ProgramSpec): Uint8Array => encodeOnnx(exportedGraph(spec));
