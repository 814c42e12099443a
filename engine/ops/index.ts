/** Operations that models use beside tfjs's own, in tfjs's types. The engine's declarations stay free of tfjs. */
export type { Tensors } from '../tensors.ts';
export { averagePool } from './average-pool.ts';
export { batchNormTraining } from './batch-norm.ts';
export { conv2d } from './conv2d.ts';
export { halvingConv2d } from './halving-conv2d.ts';
export { maxPool } from './max-pool.ts';
export { type RoiAlignAttributes, roiAlign } from './roi-align.ts';
