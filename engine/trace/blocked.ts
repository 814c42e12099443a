// N images, C channels, H × W pixels, B channels in a block.
import { NCHW } from './axes.ts';
import type { Graph, Value } from './graph.ts';

/** ONNX Runtime's own operators on maps whose channels lie in blocks: [N, C / B, H, W, B], declared as [N, C, H, W]. */
export const BLOCKED = 'com.microsoft.nchwc';

/**
 * The pixels of a map in blocks of channels: [N · C / B, H · W + zeros, B]. A Gather on them shifts or spreads the map.
 *
 * @param zeros how many pixels of zeros to append to each block, for positions outside of the map
 */
export function pixelsInBlocks(graph: Graph, x: Value, block: number, zeros: 0 | 1): Value {
  const [n, h, w, c] = x.shape;
  const shape = [n, c, h, w];
  const blocked = graph.emit('ReorderInput', [graph.inOrder(x, NCHW)], { shape }, { channels_last: 0 }, BLOCKED);
  const flat = [(n * c) / block, h * w, block];
  const listed = graph.emit('Reshape', [blocked.name, graph.int64s(flat)], { shape: flat });
  if (!zeros) return listed;
  const amounts = graph.int64s([0, 0, 0, 0, zeros, 0]);
  return graph.emit('Pad', [listed.name, amounts], { shape: [flat[0], h * w + zeros, block] });
}
