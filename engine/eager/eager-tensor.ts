import * as tf from '@tensorflow/tfjs-core';
import type { EngineTensor, Weights } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { Tensors } from '../tensors.ts';

/** Transposes a filter from PyTorch's OIHW to tfjs's HWIO. */
const TO_HWIO = [2, 3, 1, 0];
/** The inverse. */
export const TO_OIHW = [3, 2, 0, 1];

/** Runs `body` with `backend` as tfjs's current backend. The backend is global, so `body` must be synchronous. */
export function onBackend<T>(backend: string, body: () => T): T {
  const before = tf.engine().backendName;
  void tf.setBackend(backend);
  try {
    return body();
  } finally {
    if (before) void tf.setBackend(before);
  }
}

export class EagerTensor implements EngineTensor {
  readonly tensor: tf.Tensor;

  constructor(tensor: tf.Tensor) {
    this.tensor = tensor;
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  async data(): Promise<Float32Array | Int32Array> {
    return (await this.tensor.data()) as Float32Array | Int32Array;
  }

  dispose(): void {
    this.tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export function tensorOf(input: HostTensor | EngineTensor): tf.Tensor {
  if (input instanceof EagerTensor) return tf.clone(input.tensor);
  if ('dispose' in input) throw new Error('the input belongs to another engine');
  return tf.tensor(input.data, [...input.shape], input.data instanceof Float32Array ? 'float32' : 'int32');
}

export function parameterTensors(weights: Weights): Tensors {
  const entries = Object.entries(weights).map(([name, { data, shape }]) => {
    const tensor = tf.tidy(() => {
      const stored = tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
      return shape.length === 4 ? tf.transpose(stored, TO_HWIO) : stored;
    });
    return [name, tensor] as const;
  });
  return Object.fromEntries(entries);
}
