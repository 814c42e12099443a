import { ResnetCocoError } from '../../errors.ts';
import type { ProgramSpec } from '../engine.ts';
import {
  applyPasses,
  compilePasses,
  exportPasses,
  halfPasses,
  layerPasses,
  quantizedPasses,
} from '../graph-passes/graph-pass.ts';
import type { Graph } from '../trace/graph.ts';
import { trace } from '../trace/trace.ts';
import { encodeOnnx } from './encode.ts';

/** The precision of weights and activations in an exported file. */
export const precisions = ['float32', 'float16'] as const;
export type Precision = (typeof precisions)[number];

/**
 * The graph of a model for any runtime. Batch norms are folded into the convolutions before them. A quantized model keeps
 * its eight bits.
 *
 * @throws ResnetCocoError USAGE for a quantized model in half precision
 */
export function exportedGraph(spec: ProgramSpec, precision: Precision = 'float32'): Graph {
  const { quantization } = spec;
  if (!quantization) return applyPasses(trace(spec), precision === 'float16' ? halfPasses : exportPasses);
  if (precision === 'float32') return applyPasses(trace(spec), quantizedPasses(quantization));
  const problem = 'the model is quantized to eight bits, which half precision cannot hold';
  throw new ResnetCocoError(
    'USAGE',
    `${problem}; export it without \`precision\`, or the model from before quantization`,
  );
}

/** The graph of a model as it runs here: ONNX Runtime, which folds batch norms itself, computes the same to the bit. */
export function compiledGraph(spec: ProgramSpec): Graph {
  const { observe, quantization } = spec;
  if (observe) return applyPasses(trace(spec), [...layerPasses, observe]);
  return applyPasses(trace(spec), quantization ? quantizedPasses(quantization) : compilePasses);
}

/** Exports a model as an ONNX file for any runtime. */
export const exportOnnx = (spec: ProgramSpec): Uint8Array => encodeOnnx(exportedGraph(spec));
