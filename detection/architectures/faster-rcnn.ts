import { compileFasterRcnn } from '../model/compile-faster-rcnn.ts';
import { type FasterRcnnConfig, parseFasterRcnnConfig } from '../model/faster-rcnn-config.ts';
import { boxProgram, proposalProgram } from '../model/faster-rcnn-graphs.ts';
import { fasterRcnnParameters } from '../model/faster-rcnn-parameters.ts';
import { inferFasterRcnn, isFasterRcnn } from '../model/infer-faster-rcnn.ts';
import { nameDetections } from '../results/name-detections.ts';
import { DetectorTraining } from '../training/detector-training.ts';
import {
  type DetectorTrainingSettings,
  parseTrainingSettings,
  trainingSettingNames,
} from '../training/training-settings.ts';
import type { DetectorArchitecture } from './architecture.ts';

/** What torchvision's second version has besides. */
const VERSION_2 = {
  norm_layer: 'BatchNorm2d',
  fpn_norm_layer: 'BatchNorm2d',
  rpn_conv_depth: 2,
  box_head_conv_layers: [256, 256, 256, 256],
};

/** Faster R-CNN with a ResNet and a feature pyramid (Ren et al. 2015; Lin et al. 2017), torchvision's two versions. */
export const fasterRcnn: DetectorArchitecture<FasterRcnnConfig, DetectorTrainingSettings> = {
  name: 'fasterrcnn',
  title: 'Faster R-CNN',

  parse: parseFasterRcnnConfig,
  parameters: fasterRcnnParameters,

  recognizes: isFasterRcnn,
  infer: inferFasterRcnn,
  archNames: ({ backbone }) => [`fasterrcnn_${backbone}_fpn`, `fasterrcnn_${backbone}_fpn_v2`],
  configNamed: (arch) => {
    const [, backbone, second] = /^fasterrcnn_(resnet\d+)_fpn(_v2)?$/.exec(arch) ?? [];
    return backbone === undefined ? undefined : { backbone, ...(second && VERSION_2) };
  },

  programs: (config, weights) => [
    { part: 'proposals', program: proposalProgram(config, weights) },
    { part: 'boxes', program: boxProgram(config, weights) },
  ],
  compile: compileFasterRcnn,
  scoreThresh: ({ box_score_thresh }) => box_score_thresh,
  results: nameDetections,

  trainingSettingNames,
  parseTrainingSettings,
  train: (...options) => DetectorTraining.create(...options),
};
