import { isBackboneName } from '../../backbone/index.ts';
import { FASTER_RCNN_V2 } from '../../checkpoints/index.ts';
import { wholeFasterRcnn } from '../export/whole-faster-rcnn.ts';
import { compileFasterRcnn } from '../model/faster-rcnn/compile-faster-rcnn.ts';
import { type FasterRcnnConfig, parseFasterRcnnConfig } from '../model/faster-rcnn/faster-rcnn-config.ts';
import { headProgram, proposalProgram } from '../model/faster-rcnn/faster-rcnn-graphs.ts';
import { fasterRcnnParameters } from '../model/faster-rcnn/faster-rcnn-parameters.ts';
import { inferFasterRcnn, isFasterRcnn } from '../model/faster-rcnn/infer-faster-rcnn.ts';
import { headsOf } from '../model/faster-rcnn/region-heads.ts';
import { nameDetections } from '../results/name-detections.ts';
import { DetectorTraining } from '../training/detector-training.ts';
import {
  type DetectorTrainingSettings,
  parseTrainingSettings,
  trainingSettingNames,
} from '../training/training-settings.ts';
import type { DetectorArchitecture } from './architecture.ts';

/**
 * Faster R-CNN with a ResNet (Ren et al. 2015), with a feature pyramid (Lin et al. 2017), which is torchvision's in two
 * versions, or without one; with a mask head it is Mask R-CNN (He et al. 2017), with a keypoint head Keypoint R-CNN.
 */
export const fasterRcnn: DetectorArchitecture<FasterRcnnConfig, DetectorTrainingSettings> = {
  name: 'fasterrcnn',
  title: ({ feature_maps, keypoint_head, mask_head }) => {
    const task = [mask_head && 'Mask', keypoint_head && 'Keypoint'].filter(Boolean).join(' and ') || 'Faster';
    return `${task} R-CNN${feature_maps === 'fpn' ? '' : ` ${feature_maps.toUpperCase()}`}`;
  },

  parse: parseFasterRcnnConfig,
  parameters: fasterRcnnParameters,

  recognizes: isFasterRcnn,
  infer: inferFasterRcnn,
  archNames: ({ backbone, feature_maps, keypoint_head, mask_head }) => {
    const name = `${mask_head ? 'mask' : keypoint_head ? 'keypoint' : 'faster'}rcnn_${backbone}_${feature_maps}`;
    return feature_maps === 'fpn' ? [name, `${name}_v2`] : [name];
  },
  configNamed: (arch) => {
    const [, task, backbone, maps, second] =
      /^(faster|mask|keypoint)rcnn_(\w+?)_(fpn(?=$|_v2$)|c4$|dc5$)(_v2)?$/.exec(arch) ?? [];
    if (backbone === undefined || !isBackboneName(backbone)) return undefined;
    return {
      backbone,
      ...(maps === 'fpn' ? {} : { feature_maps: maps }),
      ...(second && FASTER_RCNN_V2),
      ...(task === 'mask' && { mask_head: second ? { norm_layer: 'BatchNorm2d' } : {} }),
      ...(task === 'keypoint' && { keypoint_head: {} }),
    };
  },

  programs: (config, weights) => [
    { part: 'proposals', program: proposalProgram(config, weights) },
    ...headsOf(config).map((part) => ({ part, program: headProgram(config, weights, part) })),
  ],
  whole: wholeFasterRcnn,
  compile: compileFasterRcnn,
  scoreThresh: ({ box_score_thresh }) => box_score_thresh,
  nmsThresh: ({ box_nms_thresh }) => box_nms_thresh,
  results: nameDetections,

  targets: ({ keypoint_head, mask_head }) => ({
    ...(mask_head && { masks: true }),
    ...(keypoint_head && { keypoints: keypoint_head.num_keypoints }),
  }),
  trainingSettingNames,
  parseTrainingSettings,
  train: (...options) => DetectorTraining.create(...options),
};
