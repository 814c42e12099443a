import { compileFasterRcnn } from '../model/compile-faster-rcnn.ts';
import { parseFasterRcnnConfig } from '../model/faster-rcnn-config.ts';
import { boxProgram, proposalProgram } from '../model/faster-rcnn-graphs.ts';
import { fasterRcnnParameters } from '../model/faster-rcnn-parameters.ts';
import { inferFasterRcnn, isFasterRcnn } from '../model/infer-faster-rcnn.ts';
import { nameDetections } from '../results/name-detections.ts';
import { DetectorTraining } from '../training/detector-training.ts';
import { parseTrainingSettings, trainingSettingNames } from '../training/training-settings.ts';
import type { DetectorArchitecture } from './architecture.ts';

/** Faster R-CNN with a ResNet and a feature pyramid (Ren et al. 2015; Lin et al. 2017), torchvision's two versions. */
export const fasterRcnn: DetectorArchitecture = {
  name: 'fasterrcnn',
  title: 'Faster R-CNN',

  parse: parseFasterRcnnConfig,
  parameters: fasterRcnnParameters,

  recognizes: isFasterRcnn,
  infer: inferFasterRcnn,
  archNames: ({ backbone }) => [`fasterrcnn_${backbone}_fpn`, `fasterrcnn_${backbone}_fpn_v2`],

  programs: (config, weights) => [
    { part: 'proposals', program: proposalProgram(config, weights) },
    { part: 'boxes', program: boxProgram(config, weights) },
  ],
  compile: compileFasterRcnn,
  results: nameDetections,

  trainingSettingNames,
  parseTrainingSettings,
  train: (...options) => DetectorTraining.create(...options),
};
