/** What models use beside tfjs's own operations, in tfjs's types: apart from the engine, whose declarations need no tfjs. */
export type { Tensors } from '../tensors.ts';
export { batchNormTraining } from './batch-norm.ts';
export { conv2d } from './conv2d.ts';
export { maxPool } from './max-pool.ts';
export { type RoiAlignAttributes, roiAlign } from './roi-align.ts';
