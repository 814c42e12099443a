import { cifar10Classes } from '../../datasets/known/cifar-classes.ts';
import type { Shapes } from '../shapes.ts';
import type { Dialect } from './dialect.ts';

/** A body without a head is recognized by its stem: 16 filters of 3 × 3. */
const isBody = (shapes: Shapes) => `${shapes.get('conv1.weight')}` === '16,3,3,3';

/** CIFAR ResNets of 6n + 2 layers. This toolkit uses the names of Yerlan Idelbayev's `pytorch_resnet_cifar10`. */
export const akamaster: Dialect = {
  name: 'a CIFAR ResNet of akamaster',
  recognize: (shapes) => {
    if (shapes.has('linear.weight')) return ['linear.weight'];
    return isBody(shapes) ? ['conv1.weight'] : [];
  },
  rename: (name) => name,
  firstPart: /^(conv1|bn1|layer\d+|linear)$/,
  config: (shapes) => ({
    stem: 'cifar',
    ...(shapes.get('linear.weight')?.[0] === cifar10Classes.length ? { categories: cifar10Classes } : {}),
  }),
};
