import type { LoadOptions } from '../backbone/index.ts';
import { type ModelFile, openModel, readWeights, shapesOf } from '../checkpoints/index.ts';
import { createEngine, type Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { Detector } from './detector.ts';
import { type DetectorConfig, parseDetectorConfig } from './model/detector-config.ts';
import { fasterRcnnShapes } from './model/faster-rcnn-plan.ts';
import { inferDetector } from './model/infer-detector.ts';

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
  return readWeights(model.checkpoint, fasterRcnnShapes(config), name);
}

/** The configuration in a model file, or what its tensors tell. */
export function detectorConfigOf(model: ModelFile, arch?: string): DetectorConfig {
  const { checkpoint, config } = model;
  const { file } = checkpoint;
  const { configFile = file } = model;
  if (config === undefined) {
    const inferred = inferDetector(shapesOf(checkpoint), file);
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
