import { ResnetCocoError } from '../../errors.ts';
import { depthOf } from '../classifier-config.ts';
import { imagenetDepths, type ResNetConfig } from '../resnet-plan.ts';

/** A network of the family, apart from its classes. */
export interface Architecture extends Omit<ResNetConfig, 'depth' | 'num_classes'> {
  /** Such as `resnet50`. */
  readonly architecture: string;
}

const isCifarDepth = (depth: number): boolean => depth > 2 && (depth - 2) % 6 === 0;

/**
 * The network that a name such as `resnet20` means. Depths 6n + 2 have the CIFAR stem and shortcuts without weights
 * (option A), as in §4.2 of the paper; those that ImageNet's table has too, such as 50, only for CIFAR's small pictures.
 *
 * @throws ResnetCocoError USAGE for a name that means none
 */
export function architectureOf(name: string, { smallPictures }: { readonly smallPictures: boolean }): Architecture {
  const depth = depthOf(name);
  if (!imagenetDepths.includes(depth) && !isCifarDepth(depth)) {
    const known = imagenetDepths.map((known) => `resnet${known}`).join(', ');
    const problem = `--arch is '${name}'; known are ${known}, and resnet20, resnet32 and all others of 6n + 2 layers`;
    throw new ResnetCocoError('USAGE', problem);
  }
  const cifar = isCifarDepth(depth) && (smallPictures || !imagenetDepths.includes(depth));
  return cifar
    ? { architecture: name, stem: 'cifar', shortcut: 'A', stride_on: '3x3' }
    : { architecture: name, stem: 'imagenet', shortcut: 'B', stride_on: '3x3' };
}
