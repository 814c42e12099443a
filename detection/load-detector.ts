import type { LoadOptions } from '../backbone/index.ts';
import { type ModelFile, openModel, readWeights } from '../checkpoints/index.ts';
import { createEngine, type Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { Detector } from './detector.ts';
import { type DetectorConfig, parseDetectorConfig } from './model/detector-config.ts';
import { fasterRcnnShapes } from './model/faster-rcnn-plan.ts';
import { currentName, inferDetector } from './model/infer-detector.ts';

/**
 * Loads an object detector.
 *
 * @param nameOrPath a known model such as `fasterrcnn_resnet50_fpn`, fetched on first use, or a model file: safetensors,
 *   or PyTorch's `.pth`, `.pt`, `.th`
 * @throws ResnetCocoError UNKNOWN_MODEL, FILE_NOT_FOUND, BAD_CHECKPOINT, UNSAFE_CHECKPOINT, BAD_MODEL, BAD_CONFIG,
 *   DOWNLOAD_FAILED, ENGINE_UNAVAILABLE
 */
export async function loadDetector(nameOrPath: string, options: LoadOptions = {}): Promise<Detector> {
  const model = await openModel(nameOrPath, options);
  try {
    return await compileDetector(model, options);
  } finally {
    model.checkpoint.close();
  }
}

/** The detector in a file that is open. Throws as `loadDetector` does. */
export async function compileDetector(model: ModelFile, options: LoadOptions): Promise<Detector> {
  const config = detectorConfigOf(model, options.arch);
  const weights = readDetectorWeights(model, config);
  return await Detector.compile(await createEngine(options.engine, options), config, weights);
}

export function readDetectorWeights(model: ModelFile, config: DetectorConfig): Weights {
  const name = `fasterrcnn with ${config.backbone}`;
  return readWeights(model.checkpoint, fasterRcnnShapes(config), name, storedNames(model));
}

/** Where a checkpoint of an older torchvision has a tensor under another name: today's name → the one stored. */
const storedNames = ({ checkpoint }: ModelFile): Map<string, string> =>
  new Map(
    [...checkpoint.tensors.keys()]
      .filter((name) => currentName(name) !== name)
      .map((name) => [currentName(name), name]),
  );

/** The shapes of a checkpoint's tensors under the names of today. */
export const detectorShapesOf = ({ checkpoint }: ModelFile): Map<string, readonly number[]> =>
  new Map([...checkpoint.tensors].map(([name, { shape }]) => [currentName(name), shape]));

/** The configuration in a model file, or what its tensors tell. */
export function detectorConfigOf(model: ModelFile, arch?: string): DetectorConfig {
  const { checkpoint, config } = model;
  const { file } = checkpoint;
  const { configFile = file } = model;
  if (config === undefined) {
    const shapes = detectorShapesOf(model);
    const inferred = inferDetector(shapes, file);
    const expected = `fasterrcnn_${inferred.backbone}_fpn`;
    if (arch === undefined || arch === expected || arch === `${expected}_v2` || arch === inferred.backbone)
      return inferred;
    throw new ResnetCocoError('BAD_MODEL', `${file}: its tensors are those of ${expected}, not of --arch ${arch}`);
  }
  if ((config as { architecture?: unknown } | null)?.architecture !== 'fasterrcnn') {
    throw new ResnetCocoError('BAD_MODEL', `${configFile}: not a detector but a classifier; use it with classify`);
  }
  return parseDetectorConfig(config, configFile);
}
