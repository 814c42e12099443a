import type { Engine, Program, Weights } from '../../../engine/index.ts';
import { FasterRcnn } from './faster-rcnn.ts';
import type { FasterRcnnConfig } from './faster-rcnn-config.ts';
import { headProgram, proposalProgram } from './faster-rcnn-graphs.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';
import { type HeadName, headsOf } from './region-heads.ts';

/** Makes all parts of a detector ready to run on an engine. */
export async function compileFasterRcnn(
  engine: Engine,
  config: FasterRcnnConfig,
  weights: Weights,
): Promise<FasterRcnn> {
  const proposals = await engine.compile(proposalProgram(config, weights));
  const heads: Partial<Record<HeadName, Program>> = {};
  for (const head of headsOf(config)) heads[head] = await engine.compile(headProgram(config, weights, head));
  return new FasterRcnn(config, { proposals, ...heads }, planFasterRcnn(config).regionStrides);
}
