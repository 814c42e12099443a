import { architectureFromShapes } from '../../../backbone/index.ts';
import type { Shapes } from '../../../checkpoints/index.ts';
import { cocoCategories } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { withSettings } from '../with-settings.ts';
import { parseRetinaNetConfig, type RetinaNetConfig } from './retinanet-config.ts';

const LOGITS = 'head.classification_head.cls_logits.weight';
const DELTAS = 'head.regression_head.bbox_reg.weight';
/** torchvision's FCOS has the same names, and this. */
const CENTERNESS = 'head.regression_head.bbox_ctrness.weight';

/** Whether tensor names are those of a RetinaNet of torchvision. */
export function isRetinaNet(names: Iterable<string>): boolean {
  const all = new Set(names);
  return all.has(LOGITS) && all.has(DELTAS) && !all.has(CENTERNESS);
}

/** Aspect ratios of torchvision's anchors. */
const RATIOS = 3;

/**
 * Tells the configuration of a RetinaNet from the names and shapes of its tensors; what they do not say (input size,
 * thresholds) is torchvision's default. With 91 classes the categories are COCO's, else `class 1` ….
 *
 * @throws ResnetCocoError BAD_MODEL, if they are not those of a RetinaNet with a ResNet and FPN
 */
export function inferRetinaNet(
  shapes: Shapes,
  file: string,
  settings: Readonly<Record<string, unknown>> = {},
): RetinaNetConfig {
  const shape = (name: string): readonly number[] => {
    const found = shapes.get(name);
    if (found) return found;
    throw new ResnetCocoError('BAD_MODEL', `${file}: not a RetinaNet with ResNet and FPN: it has no '${name}'`);
  };
  const anchors = shape(DELTAS)[0] / 4;
  const numClasses = shape(LOGITS)[0] / anchors;
  if (anchors !== 3 * RATIOS || !Number.isInteger(numClasses)) {
    const counts = `${shape(LOGITS)[0]} logits and ${shape(DELTAS)[0]} deltas`;
    throw new ResnetCocoError(
      'BAD_MODEL',
      `${file}: a RetinaNet with ${counts} a position, where torchvision's has 9 anchors; say its anchors: models convert --config`,
    );
  }
  const width = shape('backbone.fpn.layer_blocks.0.0.weight')[0];
  const norm = shapes.has('head.classification_head.conv.0.1.weight');
  const inferred = withSettings(
    {
      architecture: 'retinanet',
      backbone: architectureFromShapes(shapes, 'backbone.body.'),
      norm_layer: shapes.has('backbone.body.bn1.num_batches_tracked') ? 'BatchNorm2d' : 'FrozenBatchNorm2d',
      fpn_out_channels: width,
      fpn_norm_layer: shapes.has('backbone.fpn.layer_blocks.0.1.weight') ? 'BatchNorm2d' : null,
      num_classes: numClasses,
      categories:
        numClasses === 91
          ? cocoCategories
          : Array.from({ length: numClasses - 1 }, (_, i) => ({ id: i + 1, name: `class ${i + 1}` })),
      use_P5: shape('backbone.fpn.extra_blocks.p6.weight')[1] === width,
      // Version 2 of torchvision's has both.
      ...(norm ? { head_norm_layer: 'GroupNorm', box_loss_type: 'giou' } : {}),
    },
    settings,
  );
  return parseRetinaNetConfig(inferred, file);
}
