import { ResnetCocoError } from '../../errors.ts';
import { subgraph } from '../graph-passes/dead-nodes.ts';
import { ROI_ALIGN_GRAD, type RoiAlignAttributes } from '../ops/roi-align.ts';
import type { Graph, Node } from './graph.ts';

/** The domain of operators that the host computes from the graph's outputs: no ONNX runtime has them. */
export const HOST = 'resnet-coco.host';

/** The gradient of ROIAlign by a map, computed on the host after a graph has run. */
export interface RoiAlignGradientStep {
  /** The name of the step's result, which replaces an output of the graph. */
  readonly output: string;
  /** Outputs of the graph: dy `[R, P, P, C]`, regions `[R, 5]`, the map's shape `[4]`, N, C, H, W. */
  readonly inputs: readonly [dy: string, regions: string, shape: string];
  readonly attributes: RoiAlignAttributes;
  /** Whether the gradient is `[N, H, W, C]` and not `[N, C, H, W]`. */
  readonly channelsLast: boolean;
}

/**
 * Removes the host's operators from the end of a graph. Their inputs become outputs of the graph.
 *
 * @throws UNSUPPORTED_OP when another operator uses the result of a host operator
 */
export function takeHostSteps(label: string, graph: Graph): { graph: Graph; steps: readonly RoiAlignGradientStep[] } {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) makers.set(output, node);
  const steps: RoiAlignGradientStep[] = [];
  const outputs = graph.outputs.flatMap((output) => {
    const last = makers.get(output.value);
    const isTransposed = last?.op === 'Transpose' && `${last.attributes.perm}` === '0,2,3,1';
    const node = isTransposed ? makers.get(last.inputs[0]) : last;
    if (node?.domain !== HOST) return [output];
    const inputs = node.inputs.map((value, i) => ({
      name: `${output.name}/${i}`,
      value,
      ...graph.values.get(value)!,
    }));
    const { aligned, outputSize, samplingRatio, spatialScale } = node.attributes;
    steps.push({
      output: output.name,
      inputs: [inputs[0].name, inputs[1].name, inputs[2].name],
      attributes: {
        outputSize: outputSize as number,
        samplingRatio: samplingRatio as number,
        spatialScale: (spatialScale as { readonly float: number }).float,
        aligned: aligned === 1,
      },
      channelsLast: isTransposed,
    });
    return inputs;
  });
  const rest = steps.length ? subgraph(graph, graph.liveNodes(outputs), outputs) : graph;
  if (rest.nodes.some(({ domain }) => domain === HOST)) {
    throw new ResnetCocoError(
      'UNSUPPORTED_OP',
      `${label}: the compiled engine computes ${ROI_ALIGN_GRAD} only as the gradient by an input of the part; make the ` +
        'maps that regions are taken from in another part, or use an eager engine',
    );
  }
  return { graph: rest, steps };
}
