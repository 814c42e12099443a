import { ResnetCocoError } from '../../errors.ts';
import { parseArchitecture, stageLayout, usualStem } from '../architecture.ts';
import type { ResNetConfig } from '../resnet-plan.ts';

/** A network of the family, without its classes. */
export interface Network extends Omit<ResNetConfig, 'num_classes'> {}

/**
 * The network of a name such as `resnet20`. By default shortcuts have no weights with the CIFAR stem (option A, §4.2 of
 * the paper), and are projections with the other (option B).
 *
 * @throws ResnetCocoError USAGE for an unknown name
 */
export function networkNamed(name: string, { smallImages }: { readonly smallImages: boolean }): Network {
  try {
    const architecture = parseArchitecture(name);
    const stem = usualStem(architecture, smallImages);
    stageLayout(architecture, stem);
    const shortcut = architecture.kind === 'plain' ? 'none' : stem === 'cifar' ? 'A' : 'B';
    return { architecture: name, stem, shortcut, stride_on: '3x3' };
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    const known =
      "known are resnet18, 34, 50, 101, 152 and timm's variants such as resnet50d, seresnet50 and ecaresnet50t, " +
      'resnext50_32x4d, wide_resnet50_2, resnet20 and others of 6n + 2 layers, and plain18 … of the same depths';
    throw new ResnetCocoError('USAGE', `\`arch\` is '${name}'; ${known} (${error.message})`, { cause: error });
  }
}
