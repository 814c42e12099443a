import type { EngineTensor, ProgramInputs, ProgramOutputs } from '../engine.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { KeptTensor, Ports } from './kept-tensors.ts';
import type { SessionThread } from './session-thread.ts';

/** A result: its values, or for a device-resident one its number in the thread that holds it. */
class OnnxTensor implements EngineTensor {
  readonly value: HostTensor | KeptTensor;
  readonly session: SessionThread;

  constructor(value: HostTensor | KeptTensor, session: SessionThread) {
    this.value = value;
    this.session = session;
  }

  get shape(): readonly number[] {
    return this.value.shape;
  }

  async data(): Promise<Float32Array | Int32Array> {
    if ('data' in this.value) return this.value.data;
    throw new Error('a device-resident (kept) tensor cannot be read');
  }

  dispose(): void {
    // A failure of the thread is reported by its next computation.
    if ('kept' in this.value) this.session.ask('releaseTensor', { tensor: this.value.kept }).catch(() => {});
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export const onnxTensors = (ports: Ports, session: SessionThread): ProgramOutputs =>
  Object.fromEntries(Object.entries(ports).map(([name, value]) => [name, new OnnxTensor(value, session)]));

/** The inputs as a thread takes them, and the thread that holds the device-resident ones, if any. */
export function portsOf(
  program: string,
  names: readonly string[],
  inputs: ProgramInputs,
): { readonly ports: Ports; readonly owner: SessionThread | undefined } {
  const ports: Record<string, HostTensor | KeptTensor> = {};
  let owner: SessionThread | undefined;
  for (const name of names) {
    const input = inputs[name];
    if (input instanceof OnnxTensor) {
      ports[name] = input.value;
      if ('kept' in input.value) owner = input.session;
    } else if ('dispose' in input) {
      throw new Error(`${program}: input '${name}' belongs to another engine`);
    } else {
      ports[name] = input;
    }
  }
  return { ports, owner };
}
