import { ResnetCocoError } from '../errors.ts';
import { architectureName, parseArchitecture } from './architecture.ts';
import { architectureOfConfig, classifierShapes, planResNet, type ResNetConfig } from './resnet-plan.ts';

/** Shapes by tensor name: what a checkpoint says of its architecture. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** How many blocks `layer1`, `layer2` … of a ResNet have, below `prefix`. */
export function blocksPerStage(shapes: Shapes, prefix = ''): number[] {
  const counts: number[] = [];
  for (const name of shapes.keys()) {
    const match = name.startsWith(prefix) ? /^layer(\d)\.(\d+)\.conv1\.weight$/.exec(name.slice(prefix.length)) : null;
    if (match) counts[Number(match[1]) - 1] = Math.max(counts[Number(match[1]) - 1] ?? 0, Number(match[2]) + 1);
  }
  return counts;
}

/** A ResNet's weighted layers: stem and head, and two or three convolutions a block. */
export function depthFromShapes(shapes: Shapes, prefix = ''): number {
  const blocks = blocksPerStage(shapes, prefix).reduce((sum, count) => sum + count, 0);
  return 2 + blocks * (shapes.has(`${prefix}layer1.0.conv3.weight`) ? 3 : 2);
}

/**
 * Tells a classifier's architecture from the names and shapes of its tensors. Where a bottleneck strides cannot be told:
 * torchvision's 3×3 is taken. Nor can a plain net, whose tensors are those of option A.
 *
 * @param arch the architecture's name, where it is known
 * @throws ResnetCocoError BAD_MODEL, if they are not those of a ResNet of the family
 */
export function inferResNet(shapes: Shapes, file: string, arch?: string): ResNetConfig {
  const unlike = (problem: string): never => {
    throw new ResnetCocoError(
      'BAD_MODEL',
      `${file}: not a ResNet classifier that can be told from its tensors: ${problem}`,
    );
  };
  const head = ['fc.weight', 'linear.weight'].find((name) => shapes.has(name));
  if (!head) return unlike("it has neither 'fc.weight' (ImageNet) nor 'linear.weight' (CIFAR)");
  const stem = head === 'fc.weight' ? 'imagenet' : 'cifar';
  const names = [...shapes.keys()];
  const projects = names.some((name) => /^layer\d\.0\.(downsample|shortcut)\.0\.weight$/.test(name));
  // Where shapes do not differ, only option C projects.
  const everywhere = names.some((name) => /^layer(\d\.1\.downsample|1\.0\.shortcut)\.0\.weight$/.test(name));
  const plain = arch !== undefined && parseArchitecture(arch).kind === 'plain';
  if (plain && projects) {
    throw new ResnetCocoError('BAD_MODEL', `${file}: has projection shortcuts, but ${arch} has no shortcuts`);
  }
  const config: ResNetConfig = {
    depth: depthFromShapes(shapes),
    stem,
    shortcut: plain ? 'none' : everywhere ? 'C' : projects ? 'B' : 'A',
    stride_on: '3x3',
    num_classes: shapes.get(head)![0],
  };
  if (!blocksPerStage(shapes).length) return unlike("it has no 'layer1.0.conv1.weight'");
  try {
    checkShapes(shapes, classifierShapes(planResNet(config)), file, architectureName(architectureOfConfig(config)));
  } catch (error) {
    return unlike((error as Error).message);
  }
  return config;
}

/**
 * Compares a checkpoint's tensors with those that an architecture needs. Tensors beyond those are let be.
 *
 * @throws ResnetCocoError BAD_MODEL, naming the first tensors that are missing or of another shape
 */
export function checkShapes(
  shapes: Shapes,
  needed: Readonly<Record<string, readonly number[]>>,
  file: string,
  architecture: string,
): void {
  const names = Object.keys(needed);
  const missing = names.filter((name) => !shapes.has(name));
  if (missing.length) {
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
    throw new ResnetCocoError(
      'BAD_MODEL',
      `${file}: lacks tensors of ${architecture}: ${missing.slice(0, 3).join(', ')}${more}; name another architecture with --arch`,
    );
  }
  for (const name of names) {
    const [has, wants] = [shapes.get(name)!, needed[name]];
    if (`${has}` !== `${wants}`) {
      throw new ResnetCocoError('BAD_MODEL', `${file}: ${name} is [${has}], but ${architecture} needs [${wants}]`);
    }
  }
}
