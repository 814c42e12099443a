import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { ResnetCocoError } from '../../errors.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import { createEagerEngine } from './eager-engine.ts';
import { registerRoiAlign } from './roi-align.ts';

/**
 * tfjs's WebAssembly backend. It needs no native code, so it runs wherever Node does.
 *
 * @throws ENGINE_UNAVAILABLE when WebAssembly does not start
 */
export async function createWasmEngine(options: EngineOptions = {}): Promise<Engine> {
  const dist = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  wasm.setWasmPaths(join(dist, '/'));
  if (options.threads !== undefined) wasm.setThreadsCount(options.threads);
  if (!(await tf.setBackend('wasm'))) {
    throw new ResnetCocoError('ENGINE_UNAVAILABLE', 'the wasm engine did not start: this Node lacks WebAssembly SIMD');
  }
  registerRoiAlign('wasm');
  const threads = wasm.getThreadsCount();
  return createEagerEngine('wasm', 'wasm', `WebAssembly, ${threads} thread${threads === 1 ? '' : 's'}`);
}
