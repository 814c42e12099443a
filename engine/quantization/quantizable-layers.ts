import type { ProgramSpec } from '../engine.ts';
import { applyPasses, layerPasses } from '../graph-passes/graph-pass.ts';
import { trace } from '../trace/trace.ts';
import { LayerGraph, type QuantizableLayer } from './layer-graph.ts';

/** The layers of programs that can compute in eight bits, each once. */
export function quantizableLayers(programs: readonly ProgramSpec[]): QuantizableLayer[] {
  const layers = programs.flatMap((program) => new LayerGraph(applyPasses(trace(program), layerPasses)).layers);
  return [...new Map(layers.map((layer) => [layer.name, layer])).values()];
}
