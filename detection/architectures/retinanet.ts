import { isBackboneName } from '../../backbone/index.ts';
import { RETINANET_V2 } from '../../checkpoints/index.ts';
import { wholeRetinaNet } from '../export/whole-retinanet.ts';
import { inferRetinaNet, isRetinaNet } from '../model/retinanet/infer-retinanet.ts';
import { RetinaNet } from '../model/retinanet/retinanet.ts';
import { parseRetinaNetConfig, type RetinaNetConfig } from '../model/retinanet/retinanet-config.ts';
import { retinaNetProgram } from '../model/retinanet/retinanet-graph.ts';
import { retinaNetParameters } from '../model/retinanet/retinanet-plan.ts';
import { nameDetections } from '../results/name-detections.ts';
import {
  parseRetinaNetSettings,
  type RetinaNetTrainingSettings,
  retinaNetSettingNames,
} from '../training/retinanet-settings.ts';
import { RetinaNetTraining } from '../training/retinanet-training.ts';
import type { DetectorArchitecture } from './architecture.ts';

/** RetinaNet with a ResNet and a feature pyramid (Lin et al. 2017), torchvision's two versions: a one-stage detector. */
export const retinaNet: DetectorArchitecture<RetinaNetConfig, RetinaNetTrainingSettings> = {
  name: 'retinanet',
  title: () => 'RetinaNet',

  parse: parseRetinaNetConfig,
  parameters: retinaNetParameters,

  recognizes: isRetinaNet,
  infer: inferRetinaNet,
  archNames: ({ backbone }) => [`retinanet_${backbone}_fpn`, `retinanet_${backbone}_fpn_v2`],
  configNamed: (arch) => {
    const [, backbone = '', second] = /^retinanet_(\w+?)_fpn(_v2)?$/.exec(arch) ?? [];
    return !isBackboneName(backbone) ? undefined : { backbone, ...(second && RETINANET_V2) };
  },

  programs: (config, weights) => [{ part: '', program: retinaNetProgram(config, weights) }],
  whole: wholeRetinaNet,
  compile: async (engine, config, weights) =>
    new RetinaNet(config, await engine.compile(retinaNetProgram(config, weights))),
  scoreThresh: ({ score_thresh }) => score_thresh,
  nmsThresh: ({ nms_thresh }) => nms_thresh,
  results: nameDetections,

  targets: () => ({}),
  trainingSettingNames: retinaNetSettingNames,
  parseTrainingSettings: parseRetinaNetSettings,
  train: (...options) => RetinaNetTraining.create(...options),
};
