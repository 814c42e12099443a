import type { Dialect } from './dialect.ts';
import { linearHead, torchvision } from './torchvision.ts';

/** A deep stem, attention, or a projection after a pooling, whose norm has the number 2. */
const TELLING =
  /^(conv1\.[036]\.weight|layer\d\.\d+\.(se\.(fc[12]\.(weight|bias)|conv\.weight)|downsample\.2\.running_mean))$/;

/** Variants of the ResNet that torchvision does not have. This toolkit uses timm's names for them. */
export const timm: Dialect = {
  ...torchvision,
  name: 'a ResNet of timm',
  recognize: (shapes) =>
    shapes.has('layer1.0.conv1.weight') ? [...shapes.keys()].filter((name) => TELLING.test(name)) : [],
  rename: linearHead,
};
