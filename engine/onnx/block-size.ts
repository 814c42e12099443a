import { BLOCKED } from '../trace/blocked.ts';
import { Graph, identityOrder } from '../trace/graph.ts';
import { encodeOnnx } from './encode.ts';
import type { SessionThread } from './session-thread.ts';

const [CHANNELS, PIXELS] = [64, 2];

/**
 * Channels in a block of ONNX Runtime's blocked layout: 8 or 16, as wide as the processor's vectors. ONNX Runtime does
 * not report it, so a small map is reordered: the position of the second pixel of the first channel is the block size.
 *
 * @returns undefined if this build has no such layout
 */
export async function blockSize(thread: SessionThread, program: number, options: object): Promise<number | undefined> {
  const graph = new Graph();
  const shape = [1, CHANNELS, 1, PIXELS];
  const x = graph.input('x', shape, shape, 'float32', identityOrder(4));
  graph.output('y', graph.emit('ReorderInput', [x.name], { shape }, { channels_last: 0 }, BLOCKED));
  try {
    await thread.ask('create', { program, file: encodeOnnx(graph), options });
  } catch {
    return undefined;
  }
  try {
    const data = Float32Array.from({ length: CHANNELS * PIXELS }, (_, i) => i);
    const { y } = await thread.ask('run', { program, inputs: { x: { shape, data } }, keep: [] });
    const at = 'data' in y ? y.data.indexOf(1) : 1;
    return at > 1 ? at : undefined;
  } catch {
    return undefined;
  } finally {
    await thread.ask('dispose', { program });
  }
}
