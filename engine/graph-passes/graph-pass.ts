import type { Quantization } from '../quantization/quantization.ts';
import type { Graph } from '../trace/graph.ts';
import { blockChannels } from './blocked-layout.ts';
import { dropDeadNodes } from './dead-nodes.ts';
import { foldBatchNorms } from './fold-batch-norms.ts';
import { foldBiases } from './fold-biases.ts';
import { halfPrecision } from './half-precision.ts';
import { quantize } from './quantize.ts';

/** Makes an equivalent graph. The given graph does not change. */
export type GraphPass = (graph: Graph) => Graph;

/** The passes of an exported model, which any runtime may load. */
export const exportPasses: readonly GraphPass[] = [foldBatchNorms, dropDeadNodes];

/** The passes of an exported model in half precision. */
export const halfPasses: readonly GraphPass[] = [foldBatchNorms, dropDeadNodes, halfPrecision, dropDeadNodes];

/** Norms and biases become part of the layers before them, whose outputs are activations then. */
export const layerPasses: readonly GraphPass[] = [foldBatchNorms, foldBiases, dropDeadNodes];

/** The passes of a model that computes in eight bits, here or in any runtime. */
export const quantizedPasses = (quantization: Quantization): readonly GraphPass[] => [
  ...layerPasses,
  quantize(quantization),
  dropDeadNodes,
];

/** The passes of a model that ONNX Runtime runs here. It folds norms itself. */
export const compilePasses: readonly GraphPass[] = [dropDeadNodes];

/**
 * The passes of a training graph. Norms stay because their weights change.
 *
 * @param block channels in a block of the blocked layout, if the graph uses it
 */
export const trainingPasses = (block: number | undefined): readonly GraphPass[] =>
  block === undefined ? [dropDeadNodes] : [(graph) => blockChannels(graph, block), dropDeadNodes];

/** Applies the passes in order. */
export const applyPasses = (graph: Graph, passes: readonly GraphPass[]): Graph =>
  passes.reduce((passed, pass) => pass(passed), graph);
