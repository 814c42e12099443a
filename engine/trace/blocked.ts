// N images, C channels, H × W pixels, B channels in a block.
import { NCHW } from './axes.ts';
import type { Graph, Value } from './graph.ts';

/** ONNX Runtime's own operators on maps whose channels lie in blocks: [N, C / B, H, W, B], declared as [N, C, H, W]. */
export const BLOCKED = 'com.microsoft.nchwc';

/**
 * The pixels of a map in blocks of channels, and after those of each block one of zeros: [N · C / B, H · W + 1, B]. A
 * choice of them makes any shift or spread of the map.
 */
export function pixelsInBlocks(graph: Graph, x: Value, block: number): Value {
  const [n, h, w, c] = x.shape;
  const shape = [n, c, h, w];
  const blocked = graph.emit('ReorderInput', [graph.inOrder(x, NCHW)], { shape }, { channels_last: 0 }, BLOCKED);
  const flat = [(n * c) / block, h * w, block];
  const listed = graph.emit('Reshape', [blocked.name, graph.int64s(flat)], { shape: flat });
  const amounts = graph.int64s([0, 0, 0, 0, 1, 0]);
  return graph.emit('Pad', [listed.name, amounts], { shape: [flat[0], h * w + 1, block] });
}
