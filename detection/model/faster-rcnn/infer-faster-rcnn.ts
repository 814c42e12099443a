import { architectureFromShapes } from '../../../backbone/index.ts';
import { refuseDialect, type Shapes } from '../../../checkpoints/index.ts';
import { cocoCategories, cocoKeypoints, cocoPerson } from '../../../datasets/index.ts';
import { ResnetCocoError } from '../../../errors.ts';
import type { DetectorCategory } from '../detector-category.ts';
import { BODY } from '../feature-extractor.ts';
import type { FeatureMaps } from '../feature-maps.ts';
import { withSettings } from '../with-settings.ts';
import { type FasterRcnnConfig, parseFasterRcnnConfig } from './faster-rcnn-config.ts';

/** Whether tensor names are those of a Faster R-CNN of torchvision. */
export const isFasterRcnn = (names: Iterable<string>): boolean =>
  [...names].some((name) => name.startsWith('roi_heads.box_predictor.'));

/**
 * Tells the configuration of a Faster R-CNN from the names and shapes of its tensors; what they do not say (input size, anchors,
 * thresholds) is torchvision's default. With 91 classes the categories are COCO's, with a person's 17 joints COCO's person,
 * else `class 1` ….
 *
 * @throws ResnetCocoError BAD_MODEL, if they are not those of a Faster R-CNN with a ResNet
 */
export function inferFasterRcnn(
  shapes: Shapes,
  file: string,
  settings: Readonly<Record<string, unknown>> = {},
): FasterRcnnConfig {
  const shape = (name: string): readonly number[] => {
    const found = shapes.get(name);
    if (found) return found;
    refuseDialect(shapes, file);
    if (shapes.has('conv1.weight') && shapes.has('layer1.0.conv1.weight')) {
      throw new ResnetCocoError('BAD_MODEL', `${file}: not a detector but a classifier; use it with classify`);
    }
    throw new ResnetCocoError('BAD_MODEL', `${file}: not a Faster R-CNN with a ResNet: it has no '${name}'`);
  };
  const numClasses = shape('roi_heads.box_predictor.cls_score.weight')[0];
  const maps = featureMapsOf(shapes);
  const width = maps === 'fpn' ? shape('backbone.fpn.layer_blocks.0.0.weight')[0] : undefined;
  const mask = shapes.has('roi_heads.mask_predictor.mask_fcn_logits.weight') ? maskHeadOf(shape, shapes) : undefined;
  const keypoint = shapes.get('roi_heads.keypoint_predictor.kps_score_lowres.weight');
  const inferred = withSettings(
    {
      architecture: 'fasterrcnn',
      backbone: architectureFromShapes(shapes, BODY),
      norm_layer: shapes.has(`${BODY}bn1.num_batches_tracked`) ? 'BatchNorm2d' : 'FrozenBatchNorm2d',
      feature_maps: maps,
      ...(width === undefined ? {} : { fpn_out_channels: width }),
      fpn_norm_layer: shapes.has('backbone.fpn.layer_blocks.0.1.weight') ? 'BatchNorm2d' : null,
      num_classes: numClasses,
      categories: categoriesOf(numClasses, keypoint?.[1]),
      resize_arithmetic: 'float64',
      rpn_conv_depth: countOf(shapes, (i) => `rpn.head.conv.${i}.0.weight`),
      ...(maps === 'c4' ? {} : boxHeadOf(shape, shapes, width)),
      ...(mask && { mask_head: mask }),
      ...(keypoint && {
        keypoint_head: {
          num_keypoints: keypoint[1],
          // In torchvision's sequence each ReLU takes a number, too.
          conv_layers: widthsOf(shapes, (i) => `roi_heads.keypoint_head.${2 * i}.weight`),
        },
      }),
    },
    settings,
  );
  return parseFasterRcnnConfig(inferred, file);
}

/** Without a pyramid, two linear layers are DC5's. */
function featureMapsOf(shapes: Shapes): FeatureMaps {
  if ([...shapes.keys()].some((name) => name.startsWith('backbone.fpn.'))) return 'fpn';
  if (!shapes.has(`${BODY}layer4.0.conv1.weight`)) return 'fpn';
  return shapes.has('roi_heads.box_head.fc6.weight') ? 'dc5' : 'c4';
}

/** How many there are, from 0 on. */
function countOf(shapes: Shapes, name: (i: number) => string): number {
  let count = 0;
  while (shapes.has(name(count))) count++;
  return count;
}

/** Channels of a sequence of convolutions. */
const widthsOf = (shapes: Shapes, name: (i: number) => string): number[] =>
  Array.from({ length: countOf(shapes, name) }, (_, i) => shapes.get(name(i))![0]);

type ShapeOf = (name: string) => readonly number[];

function boxHeadOf(shape: ShapeOf, shapes: Shapes, width: number | undefined) {
  const convLayers = widthsOf(shapes, (i) => `roi_heads.box_head.${i}.0.weight`);
  const first = convLayers.length
    ? `roi_heads.box_head.${convLayers.length + 1}.weight`
    : 'roi_heads.box_head.fc6.weight';
  const [representation, flattened] = shape(first);
  const channels = convLayers[convLayers.length - 1] ?? width ?? lastChannels(shapes);
  return {
    box_head_conv_layers: convLayers,
    box_roi_pool_output_size: Math.sqrt(flattened / channels),
    representation_size: representation,
  };
}

/** Of a ResNet's last stage: as the last convolution of its blocks. */
const lastChannels = (shapes: Shapes): number =>
  (shapes.get(`${BODY}layer4.0.conv3.weight`) ?? shapes.get(`${BODY}layer4.0.conv2.weight`))?.[0] ?? 512;

function maskHeadOf(shape: ShapeOf, shapes: Shapes) {
  return {
    conv_layers: widthsOf(shapes, (i) => `roi_heads.mask_head.${i}.0.weight`),
    norm_layer: shapes.has('roi_heads.mask_head.0.1.weight') ? 'BatchNorm2d' : null,
    predictor_channels: shape('roi_heads.mask_predictor.conv5_mask.weight')[1],
  };
}

/** COCO's, where there are as many. */
function categoriesOf(numClasses: number, joints: number | undefined): readonly DetectorCategory[] {
  if (numClasses === 91) return cocoCategories;
  if (numClasses === 2 && joints === cocoKeypoints.length) return [cocoPerson];
  return Array.from({ length: numClasses - 1 }, (_, i) => ({ id: i + 1, name: `class ${i + 1}` }));
}
