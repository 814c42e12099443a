import { imagenetClasses } from '../../datasets/known/imagenet-classes.ts';
import type { Shapes } from '../shapes.ts';
import type { Dialect } from './dialect.ts';

const TELLING = /^(fc\.weight$|backbone\.(body|fpn)\.|rpn\.|roi_heads\.)/;
const CLASSES = imagenetClasses.length;

/** A body without a head is recognized by its stem: 64 filters of 7 × 7. */
const isBody = (shapes: Shapes) => !shapes.has('linear.weight') && `${shapes.get('conv1.weight')}` === '64,3,7,7';

/** ResNets with the ImageNet stem, and Faster R-CNN. This toolkit uses the same names. */
export const torchvision: Dialect = {
  name: 'a ResNet or Faster R-CNN of torchvision',
  recognize: (shapes) => {
    const telling = [...shapes.keys()].filter((name) => TELLING.test(name));
    return !telling.length && isBody(shapes) ? ['conv1.weight'] : telling;
  },
  /**
   * Translates names from before torchvision 0.13 to today's, as torchvision's `_load_from_state_dict` of the FPN and
   * of the RPN head does.
   */
  rename: (name) =>
    name
      .replace(/^(backbone\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$/, '$1.0.$2')
      .replace(/^(rpn\.head\.conv)\.(weight|bias)$/, '$1.0.0.$2'),
  firstPart: /^(conv1|bn1|layer\d+|fc|rpn|roi_heads|fpn)$/,
  config: (shapes) => ({
    stem: 'imagenet',
    ...((shapes.get('fc.weight')?.[0] ?? CLASSES) === CLASSES ? { categories: imagenetClasses } : {}),
  }),
};
