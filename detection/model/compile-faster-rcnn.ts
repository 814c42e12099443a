import type { Engine, Weights } from '../../engine/index.ts';
import { FasterRcnn } from './faster-rcnn.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { boxProgram, proposalProgram } from './faster-rcnn-graphs.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';

/** Makes both halves of a detector ready to run on an engine. */
export async function compileFasterRcnn(
  engine: Engine,
  config: FasterRcnnConfig,
  weights: Weights,
): Promise<FasterRcnn> {
  const proposals = await engine.compile(proposalProgram(config, weights));
  const boxes = await engine.compile(boxProgram(config, weights));
  return new FasterRcnn(config, { proposals, boxes }, planFasterRcnn(config).regionStrides);
}
