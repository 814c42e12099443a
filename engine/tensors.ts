import type { Tensor } from '@tensorflow/tfjs-core';

/** What a model's function really works on; declarations that users see name `NamedTensors`, so that they need no tfjs. */
export type Tensors = Readonly<Record<string, Tensor>>;
