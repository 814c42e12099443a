import type { Graph } from '../trace/graph.ts';
import { blockChannels } from './blocked-layout.ts';
import { dropDeadNodes } from './dead-nodes.ts';
import { foldBatchNorms } from './fold-batch-norms.ts';

/** Makes of a graph another one that computes the same. The graph that is given stays as it is. */
export type GraphPass = (graph: Graph) => Graph;

/** What a model goes through on its way into a file for any runtime. */
export const exportPasses: readonly GraphPass[] = [foldBatchNorms, dropDeadNodes];

/** What a model goes through before ONNX Runtime takes it here, which folds norms itself. */
export const compilePasses: readonly GraphPass[] = [dropDeadNodes];

/**
 * What both passes of training go through. Norms stay, for their weights change.
 *
 * @param block channels in a block of the layout that the graph is to use, if any
 */
export const trainingPasses = (block: number | undefined): readonly GraphPass[] =>
  block === undefined ? [dropDeadNodes] : [(graph) => blockChannels(graph, block), dropDeadNodes];

/** The graph after all passes, one after the other. */
export const applyPasses = (graph: Graph, passes: readonly GraphPass[]): Graph =>
  passes.reduce((passed, pass) => pass(passed), graph);
