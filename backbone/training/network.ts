import { ResnetCocoError } from '../../errors.ts';
import { parseArchitecture, stageLayout, usualStem } from '../architecture.ts';
import type { ResNetConfig } from '../resnet-plan.ts';

/** A network of the family, apart from its classes. */
export interface Network extends Omit<ResNetConfig, 'depth' | 'num_classes'> {
  /** Such as `resnet50` or `plain20`. */
  readonly architecture: string;
}

/**
 * The network that a name such as `resnet20` means: with the CIFAR stem shortcuts are without weights (option A), as in
 * §4.2 of the paper, else projections (option B).
 *
 * @throws ResnetCocoError USAGE for a name that means none
 */
export function networkNamed(name: string, { smallPictures }: { readonly smallPictures: boolean }): Network {
  try {
    const architecture = parseArchitecture(name);
    const stem = usualStem(architecture, smallPictures);
    stageLayout(architecture, stem);
    const shortcut = architecture.kind === 'plain' ? 'none' : stem === 'cifar' ? 'A' : 'B';
    return { architecture: name, stem, shortcut, stride_on: '3x3' };
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    const known = 'known are resnet18, 34, 50, 101 and 152, resnet20 and all others of 6n + 2 layers, and so plain18 …';
    throw new ResnetCocoError('USAGE', `\`arch\` is '${name}'; ${known} (${error.message})`, { cause: error });
  }
}
