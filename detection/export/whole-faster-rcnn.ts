import { type Graph, GraphBuilder, type ProgramSpec, type Weights } from '../../engine/index.ts';
import type { FasterRcnnConfig } from '../model/faster-rcnn/faster-rcnn-config.ts';
import { featureNames, headProgram, proposalProgram } from '../model/faster-rcnn/faster-rcnn-graphs.ts';
import type { HeadName } from '../model/faster-rcnn/region-heads.ts';
import { regionStridesOf, stridesOf } from '../model/feature-maps.ts';
import { anchorLevels, resizedBoxes } from './box-graph.ts';
import { detectionGraph } from './detection-graph.ts';
import { imageGraph } from './image-graph.ts';
import { keypointGraph } from './keypoint-graph.ts';
import { ownMasks, pastedMasks } from './mask-graph.ts';
import { proposalGraph } from './proposal-graph.ts';
import { headGraph, regionGraph } from './region-graph.ts';

/**
 * A Faster R-CNN and its relatives as one graph: the traced parts, and between them what `FasterRcnn` computes on the host.
 *
 * @param traced the graph of a part
 */
export function wholeFasterRcnn(
  config: FasterRcnnConfig,
  weights: Weights,
  traced: (program: ProgramSpec) => Graph,
): Graph {
  const g = new GraphBuilder();
  const bytes = g.input('image', 'uint8', ['height', 'width', 3]);
  const image = imageGraph(g, bytes, config);
  const { original, resized } = image;
  const outputs = g.include(traced(proposalProgram(config, weights)), 'proposals', { image: image.image });
  const features = Object.fromEntries(featureNames(config).map((name) => [name, outputs[name]]));
  const anchors = anchorLevels(config, stridesOf(config.feature_maps));
  const levels = { strides: regionStridesOf(config.feature_maps), measured: config.measured_strides ?? true };
  const head = (name: HeadName) => traced(headProgram(config, weights, name));

  const proposals = proposalGraph(g, outputs, anchors, image, config);
  const regions = regionGraph(g, proposals, levels, image);
  const boxHead = headGraph(g, head('boxes'), 'boxes', features, regions);
  const inOrder = (name: string) => g.gather(boxHead[name], regions.rank);
  const found = detectionGraph(g, { proposals, logits: inOrder('logits'), deltas: inOrder('deltas') }, resized, config);
  const boxes = resizedBoxes(g, found.boxes, resized, original);
  g.output('boxes', boxes, ['objects', 4]);
  g.output('labels', found.labels, ['objects']);
  g.output('scores', found.scores, ['objects']);

  const { keypoint_head, mask_head } = config;
  if (!mask_head && !keypoint_head) return g.graph;
  const objects = regionGraph(g, found.boxes, levels, image);
  if (mask_head) {
    const part = head('masks');
    const side = Number(part.outputs[0].shape[1]);
    const { masks } = headGraph(g, part, 'masks', features, objects);
    const probabilities = ownMasks(g, masks, found.labels, objects, side);
    const { mask_paste: paste = 'resize' } = config;
    g.output('masks', pastedMasks(g, probabilities, boxes, original, { paste, side }), ['objects', 'height', 'width']);
  }
  if (keypoint_head) {
    const part = head('keypoints');
    const [, side, , joints] = part.outputs[0].shape.map(Number);
    const { heatmaps } = headGraph(g, part, 'keypoints', features, objects);
    const ordered = g.gather(heatmaps, objects.rank);
    const heatmapsOf = { side, joints, score: config.keypoint_scores ?? 'logit' };
    const { keypoints, scores } = keypointGraph(g, ordered, found.boxes, heatmapsOf, resized, original);
    g.output('keypoints', keypoints, ['objects', joints, 3]);
    g.output('keypoint_scores', scores, ['objects', joints]);
  }
  return g.graph;
}
