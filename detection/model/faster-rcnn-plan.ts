import { bodyShapes, parseArchitecture, planResNet, type ResNetPlan } from '../../backbone/index.ts';
import type { DetectorConfig } from './detector-config.ts';

/** The layers of a Faster R-CNN with FPN, below the names that torchvision gives them. */
export interface FasterRcnnPlan {
  readonly body: ResNetPlan;
  /** Feature maps from the backbone; the RPN sees one more, the coarsest subsampled. */
  readonly levels: number;
  readonly anchorsPerPosition: number;
}

export function planFasterRcnn(config: DetectorConfig): FasterRcnnPlan {
  const body = planResNet({
    depth: parseArchitecture(config.backbone).depth,
    stem: 'imagenet',
    shortcut: 'B',
    stride_on: config.stride_on,
    num_classes: 1000,
  });
  return {
    body,
    levels: body.stages.length,
    anchorsPerPosition: config.anchor_sizes[0].length * config.aspect_ratios.length,
  };
}

/** Name and shape (PyTorch's layout) of every tensor that a forward pass needs, under torchvision's names. */
export function fasterRcnnShapes(config: DetectorConfig): Record<string, readonly number[]> {
  const { anchorsPerPosition, body, levels } = planFasterRcnn(config);
  const width = config.fpn_out_channels;
  const shapes: Record<string, readonly number[]> = {};
  for (const [name, shape] of Object.entries(bodyShapes(body))) shapes[`backbone.body.${name}`] = shape;

  /** `Conv2dNormActivation`: a bias, or a batch norm in its place. */
  const conv = (name: string, norm: boolean, from: number, to: number, kernel: number) => {
    shapes[`${name}.0.weight`] = [to, from, kernel, kernel];
    if (!norm) shapes[`${name}.0.bias`] = [to];
    else for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes[`${name}.1.${part}`] = [to];
  };
  const linear = (name: string, from: number, to: number) => {
    shapes[`${name}.weight`] = [to, from];
    shapes[`${name}.bias`] = [to];
  };

  const fpnNorm = config.fpn_norm_layer !== null;
  for (let level = 0; level < levels; level++) {
    conv(`backbone.fpn.inner_blocks.${level}`, fpnNorm, body.channels[level], width, 1);
    conv(`backbone.fpn.layer_blocks.${level}`, fpnNorm, width, width, 3);
  }
  for (let i = 0; i < config.rpn_conv_depth; i++) conv(`rpn.head.conv.${i}`, false, width, width, 3);
  for (const [name, perAnchor] of [
    ['cls_logits', 1],
    ['bbox_pred', 4],
  ] as const) {
    shapes[`rpn.head.${name}.weight`] = [anchorsPerPosition * perAnchor, width, 1, 1];
    shapes[`rpn.head.${name}.bias`] = [anchorsPerPosition * perAnchor];
  }

  const { box_head_conv_layers: convLayers, box_roi_pool_output_size: pooled, representation_size: size } = config;
  const head = 'roi_heads.box_head';
  convLayers.forEach((channels, i) => {
    conv(`${head}.${i}`, true, convLayers[i - 1] ?? width, channels, 3);
  });
  const flattened = (convLayers[convLayers.length - 1] ?? width) * pooled ** 2;
  if (convLayers.length) {
    // In torchvision's sequence the flattening takes a number too.
    linear(`${head}.${convLayers.length + 1}`, flattened, size);
  } else {
    linear(`${head}.fc6`, flattened, size);
    linear(`${head}.fc7`, size, size);
  }
  linear('roi_heads.box_predictor.cls_score', size, config.num_classes);
  linear('roi_heads.box_predictor.bbox_pred', size, config.num_classes * 4);
  return shapes;
}

/** How many numbers training adjusts, as published: a frozen batch norm has none. */
export function detectorParameterCount(config: DetectorConfig): number {
  const frozen = config.norm_layer === 'FrozenBatchNorm2d' ? /^backbone\.body\..*(bn\d|downsample\.1)\./ : /^$/;
  return Object.entries(fasterRcnnShapes(config))
    .filter(([name]) => !frozen.test(name) && !/\.running_(mean|var)$/.test(name))
    .reduce((total, [, shape]) => total + shape.reduce((size, dim) => size * dim, 1), 0);
}
