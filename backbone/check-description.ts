import type { DescribedNetwork, ModelDescription } from '../checkpoints/index.ts';
import type { Shapes } from '../checkpoints/shapes.ts';
import { ResnetCocoError } from '../errors.ts';
import { isArchitectureName } from './architecture.ts';
import { blocksPerStage } from './architecture-from-shapes.ts';
import { planResNet, type ResNetPlan } from './resnet-plan.ts';

/**
 * Checks that the network which files beside the weights describe is of the family: tensors do not tell everything, such
 * as a pooling that blurs. What tensors tell must be as described.
 *
 * @throws ResnetCocoError BAD_CONFIG that names the field
 */
export function checkDescription({ architecture, file, network, numClasses }: ModelDescription, shapes: Shapes): void {
  if (architecture !== undefined && !isArchitectureName(architecture)) {
    throw new ResnetCocoError('BAD_CONFIG', `${file}: config: architecture: ${architecture} is not read`);
  }
  const classes = shapes.get('fc.weight')?.[0];
  const problem =
    (network && (networkProblem(network) ?? contradiction(network, shapes))) ??
    (numClasses && classes !== undefined && classes !== numClasses
      ? `num_classes is ${numClasses}, but the weights beside it have ${classes} classes`
      : undefined);
  if (problem !== undefined) throw new ResnetCocoError('BAD_CONFIG', `${file}: config: ${problem}`);
}

/** What distinguishes a network from all that are read, if anything. */
function networkProblem({ depths, embedding_size, hidden_sizes, layer_type }: DescribedNetwork): string | undefined {
  const isBasic = layer_type === 'basic';
  const depth = 2 + depths.reduce((sum, count) => sum + count, 0) * (isBasic ? 2 : 3);
  const plan = planOf(depth) ?? planOf(isBasic ? 18 : 50)!;
  const [channels, [stem]] = [plan.channels, plan.stem];
  if (`${hidden_sizes}` !== `${channels}`) {
    return `hidden_sizes is [${hidden_sizes.join(', ')}]; networks that are read have [${channels.join(', ')}]`;
  }
  if (embedding_size !== stem.outChannels) {
    return `embedding_size is ${embedding_size}; networks that are read have ${stem.outChannels}`;
  }
  if (`${plan.stages.map(({ length }) => length)}` === `${depths}`) return undefined;
  return `depths is [${depths.join(', ')}], which no network of ${layer_type} blocks that is read has, unlike [2, 2, 2, 2] and [3, 4, 6, 3]`;
}

/** What the weights have otherwise. */
function contradiction({ depths, layer_type }: DescribedNetwork, shapes: Shapes): string | undefined {
  const blocks = blocksPerStage(shapes);
  if (!blocks.length) return undefined;
  const layers = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  if (layers !== layer_type) return `layer_type is ${layer_type}, but the weights beside it have ${layers} blocks`;
  if (`${blocks}` === `${depths}`) return undefined;
  return `depths is [${depths.join(', ')}], but the weights beside it have [${blocks.join(', ')}]`;
}

function planOf(depth: number): ResNetPlan | undefined {
  try {
    const network = { architecture: `resnet${depth}`, stem: 'imagenet', shortcut: 'B', stride_on: '3x3' } as const;
    return planResNet({ ...network, num_classes: 1 });
  } catch {
    return undefined;
  }
}
