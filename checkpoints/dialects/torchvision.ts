import { imagenetClasses } from '../../datasets/known/imagenet-classes.ts';
import type { Shapes } from '../shapes.ts';
import type { Dialect, DialectConfig } from './dialect.ts';

const TELLING =
  /^(fc\.([01]\.)?weight$|backbone\.(body|fpn)\.|rpn\.|roi_heads\.|head\.(classification_head\.cls_logits|regression_head\.bbox_reg)\.)/;
const CLASSES = imagenetClasses.length;

/** A body without a head is recognized by its stem: 64 filters of 7 × 7. */
const isBody = (shapes: Shapes) => !shapes.has('linear.weight') && `${shapes.get('conv1.weight')}` === '64,3,7,7';

/** Of networks with the ImageNet stem, whose classes are ImageNet's where there are as many, or no head. */
export const imagenetConfig = (shapes: Shapes): DialectConfig => ({
  stem: 'imagenet',
  ...((shapes.get('fc.weight')?.[0] ?? CLASSES) === CLASSES ? { categories: imagenetClasses } : {}),
});

/** The head, where it is a layer of a sequence, such as of a dropout and itself; of several layers, it is not read. */
export const linearHead = (name: string): string => name.replace(/^fc\.[01]\.(weight|bias)$/, 'fc.$1');

/** ResNets with the ImageNet stem, Faster, Mask and Keypoint R-CNN, and RetinaNet. This toolkit uses the same names. */
export const torchvision: Dialect = {
  name: 'a ResNet, R-CNN or RetinaNet of torchvision',
  recognize: (shapes) => {
    const telling = [...shapes.keys()].filter((name) => TELLING.test(name));
    return !telling.length && isBody(shapes) ? ['conv1.weight'] : telling;
  },
  /**
   * Translates names from before torchvision 0.13 to today's, as torchvision's `_load_from_state_dict` of the FPN and
   * of the heads does. RetinaNet's heads numbered the ReLU after each convolution too.
   */
  rename: (name) =>
    linearHead(name)
      .replace(/^(backbone\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$/, '$1.0.$2')
      .replace(/^(rpn\.head\.conv)\.(weight|bias)$/, '$1.0.0.$2')
      .replace(
        /^(head\.(?:classification|regression)_head\.conv)\.([0246])\.(weight|bias)$/,
        (_, conv, place, kind) => `${conv}.${place / 2}.0.${kind}`,
      )
      .replace(
        /^(roi_heads\.mask_head)\.mask_fcn([1-9]\d*)\.(weight|bias)$/,
        (_, head, number, part) => `${head}.${number - 1}.0.${part}`,
      ),
  firstPart: /^(conv1|bn1|layer\d+|fc|rpn|roi_heads|fpn)$/,
  config: imagenetConfig,
};
