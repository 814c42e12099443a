import { anchorCount, excessOf, inputDemands, weightDemand } from '../demands.ts';
import { RETINANET_STRIDES } from '../feature-maps.ts';
import type { RetinaNetConfig } from './retinanet-config.ts';
import { retinaNetParameters } from './retinanet-plan.ts';

/** Logits of all anchors of an image. */
const MOST_LOGITS = 2 ** 28;

/** What a RetinaNet takes too much of, by what its settings come to together; undefined where nothing. */
export function retinaNetSizeProblem(config: RetinaNetConfig): string | undefined {
  const logits = anchorCount(config, RETINANET_STRIDES) * config.num_classes;
  return excessOf([
    ...inputDemands(config, RETINANET_STRIDES),
    ['those × num_classes: logits', logits, MOST_LOGITS],
    weightDemand('fpn_out_channels, anchor_sizes × aspect_ratios, num_classes', retinaNetParameters(config)),
  ]);
}
