import type { DetectorConfig } from '../model/detector-config.ts';
import { fasterRcnnShapes } from '../model/faster-rcnn-plan.ts';

const BODY = 'backbone.body.';

/** In the order in which they are thawed. */
const STAGES = ['layer4', 'layer3', 'layer2', 'layer1', 'conv1'];

/**
 * Names of the weights that are trained (torchvision `backbone_utils.py`): of the backbone the last stages, of frozen norms
 * nothing, of all else everything but running statistics.
 */
export function trainableWeights(config: DetectorConfig, trainableBackboneLayers: number): string[] {
  const thawed = STAGES.slice(0, trainableBackboneLayers);
  if (trainableBackboneLayers === STAGES.length) thawed.push('bn1');
  const isNorm = (name: string) => /(^|\.)bn\d\.|\.downsample\.1\./.test(name);
  return Object.keys(fasterRcnnShapes(config)).filter((name) => {
    if (/\.running_(mean|var)$/.test(name)) return false;
    if (!name.startsWith(BODY)) return true;
    const inBody = name.slice(BODY.length);
    if (config.norm_layer === 'FrozenBatchNorm2d' && isNorm(inBody)) return false;
    return thawed.some((stage) => inBody.startsWith(`${stage}.`));
  });
}
