import type { Shapes } from '../checkpoints/shapes.ts';
import { architectureName, variantOf } from './architecture.ts';

/** How many blocks `layer1`, `layer2` … of a ResNet have, below `prefix`. */
export function blocksPerStage(shapes: Shapes, prefix = ''): number[] {
  const counts: number[] = [];
  for (const name of shapes.keys()) {
    const match = name.startsWith(prefix) ? /^layer(\d)\.(\d+)\.conv1\.weight$/.exec(name.slice(prefix.length)) : null;
    if (match) counts[Number(match[1]) - 1] = Math.max(counts[Number(match[1]) - 1] ?? 0, Number(match[2]) + 1);
  }
  return counts;
}

/** The place of a projection's convolution in its sequence: after the average pooling of a variant such as `d`. */
const POOLED = /^layer\d\.0\.downsample\.1\.weight$/;

/**
 * Tells a residual network from the shapes of its tensors: weighted layers from the number of blocks, groups and their
 * width from the first 3×3 filter of a bottleneck, the variant from the stem and the projections, and the attention.
 * The name need not be of a network that exists.
 *
 * @param prefix of their names
 */
export function architectureFromShapes(shapes: Shapes, prefix = ''): string {
  const shapeOf = (name: string): readonly number[] | undefined => shapes.get(prefix + name);
  const blocks = blocksPerStage(shapes, prefix);
  const isBottleneck = shapeOf('layer1.0.conv3.weight') !== undefined;
  const [width = 64, perGroup = 64] = (isBottleneck && shapeOf('layer1.0.conv2.weight')) || [];
  const groups = isBottleneck ? Math.max(1, Math.floor(width / perGroup)) : 1;
  const stem = [0, 3, 6].flatMap((i) => shapeOf(`conv1.${i}.weight`)?.[0] ?? []);
  const poolsShortcut = [...shapes].some(
    ([name, shape]) => shape.length === 4 && name.startsWith(prefix) && POOLED.test(name.slice(prefix.length)),
  );
  const attention = shapeOf('layer1.0.se.fc1.weight') ? 'se' : shapeOf('layer1.0.se.conv.weight') ? 'eca' : undefined;
  return architectureName({
    kind: 'resnet',
    // Stem and head, and two or three convolutions a block.
    depth: 2 + blocks.reduce((sum, count) => sum + count, 0) * (isBottleneck ? 3 : 2),
    variant: variantOf({ stem: stem.length ? stem : [64], poolsShortcut }, blocks) ?? '',
    groups,
    groupWidth: isBottleneck ? Math.floor(width / groups) : 64,
    attention,
  });
}
