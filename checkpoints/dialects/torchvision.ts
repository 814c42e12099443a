import { imagenetClasses } from '../../datasets/known/imagenet-classes.ts';
import type { Shapes } from '../shapes.ts';
import type { Dialect } from './dialect.ts';

const TELLING = /^(fc\.weight$|backbone\.(body|fpn)\.|rpn\.|roi_heads\.)/;
const CLASSES = imagenetClasses.length;

/** Of a body without a head the stem tells: 64 filters of 7 × 7. */
const isBody = (shapes: Shapes) => !shapes.has('linear.weight') && `${shapes.get('conv1.weight')}` === '64,3,7,7';

/** ResNets with the ImageNet stem and Faster R-CNN: the names that models have here, too. */
export const torchvision: Dialect = {
  name: 'a ResNet or Faster R-CNN of torchvision',
  recognize: (shapes) => {
    const telling = [...shapes.keys()].filter((name) => TELLING.test(name));
    return !telling.length && isBody(shapes) ? ['conv1.weight'] : telling;
  },
  /**
   * The names that torchvision gives today, for the names of before its version 0.13, as its own
   * `_load_from_state_dict` of the FPN and of the RPN's head renames them.
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
