import { createRequire } from 'node:module';
import { ResnetCocoError } from '../errors.ts';
import { MOST } from '../io/bounds.ts';
import { checkOptions, type OptionKinds } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import { type Engine, type EngineName, type EngineOptions, engineNames } from './engine.ts';

/**
 * Creates an engine. Its packages are loaded only now.
 *
 * `auto` is the compiled engine on the CPU. Without its optional package it is WebAssembly, which is several times
 * slower; a process warning says so.
 *
 * @throws USAGE when the name or an option is unknown, or the number of threads or streams is out of range
 * @throws ENGINE_UNAVAILABLE when the engine does not work here; the message says what to do
 */
export async function createEngine(name: EngineName | 'auto' = 'auto', options: EngineOptions = {}): Promise<Engine> {
  checkOptions('createEngine', options, engineOptionKinds);
  return await startEngine(name, options);
}

export const engineOptionKinds: OptionKinds<EngineOptions> = { threads: 'checked', streams: 'checked' };

/** `createEngine` by options among which others may be. */
export async function startEngine(name: EngineName | 'auto' = 'auto', options: EngineOptions = {}): Promise<Engine> {
  for (const field of ['threads', 'streams'] as const) {
    const { [field]: value = 1 } = options;
    if (Number.isInteger(value) && value >= 1 && value <= MOST.threads) continue;
    const wanted = `a whole number from 1 to ${MOST.threads}`;
    throw new ResnetCocoError('USAGE', `${field} must be ${wanted}, is ${shownValue(value)}`);
  }
  switch (name) {
    case 'auto':
      if (!onnxRuntimeIsInstalled()) {
        process.emitWarning(`${NO_ONNX_RUNTIME}; WebAssembly computes instead, several times slower`, {
          code: 'RESNET_COCO_WASM',
        });
        return startEngine('wasm', options);
      }
      return startEngine('onnx', options);
    case 'onnx':
    case 'webgpu':
    case 'cuda':
      if (!onnxRuntimeIsInstalled()) throw new ResnetCocoError('ENGINE_UNAVAILABLE', NO_ONNX_RUNTIME);
      return (await import('./onnx/onnx-engine.ts')).createOnnxEngine(name, name === 'onnx' ? 'cpu' : name, options);
    case 'wasm':
      return (await import('./eager/wasm.ts')).createWasmEngine(options);
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      return (await import('./eager/tfjs-node.ts')).createTfjsNodeEngine(name);
    default:
      throw new ResnetCocoError('USAGE', `unknown engine '${name}': known are auto, ${engineNames.join(', ')}`);
  }
}

const NO_ONNX_RUNTIME =
  'onnxruntime-node was not installed, most often since its install script failed: ' +
  '`ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node` installs it without that script';

function onnxRuntimeIsInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
}
