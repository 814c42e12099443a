import { MOST } from '../bounds.ts';
import { ResnetCocoError } from '../errors.ts';
import { type Engine, type EngineName, type EngineOptions, engineNames } from './engine.ts';

/**
 * Makes the engine of that name ready; its packages are loaded only now.
 *
 * `auto` is the compiled engine on the CPU, which runs everywhere.
 *
 * @throws ResnetCocoError USAGE for an unknown name or a number of threads or streams that makes no sense, ENGINE_UNAVAILABLE with what to do where it does not work here
 */
export async function createEngine(name: EngineName | 'auto' = 'auto', options: EngineOptions = {}): Promise<Engine> {
  for (const field of ['threads', 'streams'] as const) {
    const value = options[field] ?? 1;
    if (Number.isInteger(value) && value >= 1 && value <= MOST.threads) continue;
    throw new ResnetCocoError('USAGE', `${field} must be a whole number from 1 to ${MOST.threads}, is ${value}`);
  }
  switch (name) {
    case 'auto':
    case 'onnx':
      return (await import('./onnx/onnx-engine.ts')).createOnnxEngine('onnx', 'cpu', options);
    case 'webgpu':
    case 'cuda':
      return (await import('./onnx/onnx-engine.ts')).createOnnxEngine(name, name, options);
    case 'wasm':
      return (await import('./eager/wasm.ts')).createWasmEngine(options);
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      return (await import('./eager/tfjs-node.ts')).createTfjsNodeEngine(name);
    default:
      throw new ResnetCocoError('USAGE', `unknown engine '${name}': known are auto, ${engineNames.join(', ')}`);
  }
}
