import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/ops/index.ts';

/** The parameters of one part of a model, by their names within it. */
export interface Parameters {
  /** A convolution's filter, HWIO. */
  filter(name: string): Tensor4D;
  matrix(name: string): Tensor2D;
  vector(name: string): Tensor1D;
  has(name: string): boolean;
  /** The full name of a parameter. */
  nameOf(name: string): string;
  /** The parameters whose names begin with `prefix`, without it. */
  within(prefix: string): Parameters;
}

/** Looks parameters up by name. A missing name is a mistake of the caller, who checks shapes when loading. */
export function parametersOf(tensors: Tensors, prefix = ''): Parameters {
  const get = <T extends Tensor>(name: string): T => {
    const tensor = tensors[prefix + name];
    if (!tensor) throw new Error(`no parameter '${prefix}${name}'`);
    return tensor as T;
  };
  return {
    filter: get<Tensor4D>,
    matrix: get<Tensor2D>,
    vector: get<Tensor1D>,
    has: (name) => prefix + name in tensors,
    nameOf: (name) => prefix + name,
    within: (inner) => parametersOf(tensors, prefix + inner),
  };
}
