import { createRequire } from 'node:module';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { createEagerEngine } from './eager-engine.ts';
import { registerRoiAlign } from './roi-align.ts';

/** The name under which both packages register their backend. */
const BACKEND = 'tensorflow';

/** Functions that tfjs-node 4.22 calls and Node 23 removed from `node:util`. */
const REMOVED_FROM_UTIL = {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
  isString: (value: unknown) => typeof value === 'string',
};

interface TensorFlowBackend {
  readonly isGPUPackage?: boolean;
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

/**
 * TensorFlow through `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`, which the user installs.
 *
 * @throws ENGINE_UNAVAILABLE when the package is absent or its library does not load
 */
export async function createTfjsNodeEngine(name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<Engine> {
  const packageName = `@tensorflow/${name}`;
  for (const [name, body] of Object.entries(REMOVED_FROM_UTIL)) {
    if (!(name in util)) Object.defineProperty(util, name, { value: body });
  }
  try {
    createRequire(import.meta.url)(packageName);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    const remedy = absent ? `run: npm install ${packageName}` : (error as Error).message.split('\n')[0];
    throw new ResnetCocoError('ENGINE_UNAVAILABLE', `${packageName} cannot be loaded: ${remedy}`, { cause: error });
  }
  if (!(await tf.setBackend(BACKEND))) {
    throw new ResnetCocoError(
      'ENGINE_UNAVAILABLE',
      `${packageName} is installed, but its TensorFlow library does not start`,
    );
  }
  registerRoiAlign(BACKEND);
  const backend = tf.backend() as unknown as TensorFlowBackend;
  // Without CUDA, tfjs-node-gpu silently falls back to the CPU: name the device that really computes.
  const device = backend.isUsingGpuDevice ? 'GPU' : 'CPU';
  const fallback = name === 'tfjs-node-gpu' && device === 'CPU' ? ', no usable CUDA device' : '';
  return createEagerEngine(name, BACKEND, `${device} (TensorFlow ${backend.binding?.TF_Version ?? ''}${fallback})`);
}
