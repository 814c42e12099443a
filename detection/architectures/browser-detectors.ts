import type { Program } from '../../engine/engine.ts';
import { FasterRcnn } from '../model/faster-rcnn/faster-rcnn.ts';
import type { FasterRcnnConfig } from '../model/faster-rcnn/faster-rcnn-config.ts';
import { type HeadName, headsOf } from '../model/faster-rcnn/region-heads.ts';
import { regionStridesOf } from '../model/feature-maps.ts';
import { type DenseChoiceConfig, RetinaNet } from '../model/retinanet/retinanet.ts';
import type { DetectorModel } from './architecture.ts';

/** A detector's configuration, as the service gives it. */
export type BrowserConfig = Readonly<Record<string, unknown>>;

/** Compiles one of a model's exported graphs, which `part` names as `/v1/models/NAME/PART.onnx` does. */
export type CompilePart = (part: string) => Promise<Program>;

/** By architecture: the detector of its graphs, for browsers. It needs nothing of Node. */
const makers: Readonly<Record<string, (config: BrowserConfig, compile: CompilePart) => Promise<DetectorModel>>> = {
  fasterrcnn: async (config, compile) => {
    const detector = config as unknown as FasterRcnnConfig;
    const proposals = await compile('proposals');
    const heads: Partial<Record<HeadName, Program>> = {};
    for (const head of headsOf(detector)) heads[head] = await compile(head);
    return new FasterRcnn(detector, { proposals, ...heads }, regionStridesOf(detector.feature_maps));
  },
  retinanet: async (config, compile) => new RetinaNet(config as unknown as DenseChoiceConfig, await compile('model')),
};

/** The detector that a configuration is of. */
export async function browserDetector(config: BrowserConfig, compile: CompilePart): Promise<DetectorModel> {
  const make = makers[String(config.architecture)];
  if (make) return await make(config, compile);
  throw new Error(`This page cannot run a ${config.architecture} in the browser. Let the service detect.`);
}
