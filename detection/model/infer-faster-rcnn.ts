import { depthFromShapes } from '../../backbone/index.ts';
import { refuseDialect, type Shapes } from '../../checkpoints/index.ts';
import { cocoCategories } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type FasterRcnnConfig, parseFasterRcnnConfig } from './faster-rcnn-config.ts';

/** Whether tensor names are those of a Faster R-CNN of torchvision. */
export const isFasterRcnn = (names: Iterable<string>): boolean =>
  [...names].some((name) => name.startsWith('roi_heads.box_predictor.'));

/**
 * Tells the configuration of a Faster R-CNN from the names and shapes of its tensors; what they do not say (input size, anchors,
 * thresholds) is torchvision's default. With 91 classes the categories are COCO's, else `class 1` ….
 *
 * @throws ResnetCocoError BAD_MODEL, if they are not those of a Faster R-CNN with a ResNet and FPN
 */
export function inferFasterRcnn(shapes: Shapes, file: string): FasterRcnnConfig {
  const shape = (name: string): readonly number[] => {
    const found = shapes.get(name);
    if (found) return found;
    refuseDialect(shapes, file);
    if (shapes.has('conv1.weight') && shapes.has('layer1.0.conv1.weight')) {
      throw new ResnetCocoError('BAD_MODEL', `${file}: not a detector but a classifier; use it with classify`);
    }
    throw new ResnetCocoError('BAD_MODEL', `${file}: not a Faster R-CNN with ResNet and FPN: it has no '${name}'`);
  };
  const numClasses = shape('roi_heads.box_predictor.cls_score.weight')[0];
  const convLayers: number[] = [];
  for (let i = 0; shapes.has(`roi_heads.box_head.${i}.0.weight`); i++) {
    convLayers.push(shape(`roi_heads.box_head.${i}.0.weight`)[0]);
  }
  const first = convLayers.length
    ? `roi_heads.box_head.${convLayers.length + 1}.weight`
    : 'roi_heads.box_head.fc6.weight';
  const [representation, flattened] = shape(first);
  const width = shape('backbone.fpn.layer_blocks.0.0.weight')[0];
  const pooled = Math.sqrt(flattened / (convLayers[convLayers.length - 1] ?? width));
  let convDepth = 0;
  while (shapes.has(`rpn.head.conv.${convDepth}.0.weight`)) convDepth++;
  return parseFasterRcnnConfig(
    {
      architecture: 'fasterrcnn',
      backbone: `resnet${depthFromShapes(shapes, 'backbone.body.')}`,
      norm_layer: shapes.has('backbone.body.bn1.num_batches_tracked') ? 'BatchNorm2d' : 'FrozenBatchNorm2d',
      fpn_out_channels: width,
      fpn_norm_layer: shapes.has('backbone.fpn.layer_blocks.0.1.weight') ? 'BatchNorm2d' : null,
      num_classes: numClasses,
      categories:
        numClasses === 91
          ? cocoCategories
          : Array.from({ length: numClasses - 1 }, (_, i) => ({ id: i + 1, name: `class ${i + 1}` })),
      rpn_conv_depth: convDepth,
      box_head_conv_layers: convLayers,
      box_roi_pool_output_size: pooled,
      representation_size: representation,
    },
    file,
  );
}
