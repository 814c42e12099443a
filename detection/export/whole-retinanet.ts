import { type Graph, GraphBuilder, type ProgramSpec, type Weights } from '../../engine/index.ts';
import { RETINANET_STRIDES } from '../model/feature-maps.ts';
import type { RetinaNetConfig } from '../model/retinanet/retinanet-config.ts';
import { retinaNetProgram } from '../model/retinanet/retinanet-graph.ts';

import { anchorLevels, resizedBoxes } from './box-graph.ts';
import { denseGraph } from './dense-graph.ts';
import { imageGraph } from './image-graph.ts';

/** A RetinaNet as one graph: the traced network, and after it what `RetinaNet` computes on the host. */
export function wholeRetinaNet(
  config: RetinaNetConfig,
  weights: Weights,
  traced: (program: ProgramSpec) => Graph,
): Graph {
  const g = new GraphBuilder();
  const image = imageGraph(g, g.input('image', 'uint8', ['height', 'width', 3]), config);
  const outputs = g.include(traced(retinaNetProgram(config, weights)), 'network', { image: image.image });
  const anchors = anchorLevels(config, RETINANET_STRIDES);
  const found = denseGraph(g, outputs, anchors, image, config);
  g.output('boxes', resizedBoxes(g, found.boxes, image.resized, image.original), ['objects', 4]);
  g.output('labels', found.labels, ['objects']);
  g.output('scores', found.scores, ['objects']);
  return g.graph;
}
