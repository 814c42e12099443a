import type { Tensor } from '@tensorflow/tfjs-core';

/** Named tfjs tensors, as model functions use them. Public declarations name `NamedTensors`, which needs no tfjs. */
export type Tensors = Readonly<Record<string, Tensor>>;
