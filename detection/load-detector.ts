import { isOfClassifier, type LoadOptions, loadOptionKinds, tensorShapes } from '../backbone/index.ts';
import { type ModelFile, openModelFile, readWeights, shapesOf } from '../checkpoints/index.ts';
import { startEngine, type Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { checkOptions } from '../io/options.ts';
import {
  architectureOfModel,
  defaultArchitecture,
  detectorParameters,
  parseDetectorConfig,
} from './architectures/architectures.ts';
import { Detector } from './detector.ts';
import type { DetectorConfig } from './model/detector-config.ts';

/**
 * Loads an object detector.
 *
 * @param nameOrPath a known model such as `fasterrcnn_resnet50_fpn` or one on the Hugging Face hub
 *   (`hf:owner/name[@revision][/file]`), fetched on first use; or the path or `file:` URL of a model file: safetensors, or
 *   PyTorch's `.pth`, `.pt`, `.th`
 * @throws ResnetCocoError USAGE for what is no name or path, or an unknown option; UNKNOWN_MODEL, FILE_NOT_FOUND, BAD_CHECKPOINT, UNSAFE_CHECKPOINT, BAD_MODEL, BAD_CONFIG,
 *   DOWNLOAD_FAILED, ENGINE_UNAVAILABLE
 */
export async function loadDetector(nameOrPath: string | URL, options: LoadOptions = {}): Promise<Detector> {
  checkOptions('loadDetector', options, loadOptionKinds);
  const model = await openModelFile('loadDetector', nameOrPath, options);
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
  return await Detector.compile(await startEngine(options.engine, options), config, weights);
}

export function readDetectorWeights(model: ModelFile, config: DetectorConfig): Weights {
  const name = `${config.architecture} with ${config.backbone}`;
  return readWeights(model.checkpoint, tensorShapes(detectorParameters(config)), name);
}

/** The configuration in a model file, or what its tensors tell. */
export function detectorConfigOf(model: ModelFile, arch?: string): DetectorConfig {
  const { checkpoint, config } = model;
  const { file } = checkpoint;
  const { configFile = file } = model;
  const architecture = architectureOfModel(model);
  if (config === undefined) {
    // What is none says best what it lacks of the usual one.
    const { archNames, infer } = architecture ?? defaultArchitecture;
    const inferred = infer(shapesOf(checkpoint), file, model.settings);
    const names = archNames(inferred);
    if (arch === undefined || arch === inferred.backbone || names.includes(arch)) return inferred;
    throw new ResnetCocoError('BAD_MODEL', `${file}: its tensors are those of ${names[0]}, not of \`arch\` ${arch}`);
  }
  if (!architecture && isOfClassifier(config)) {
    throw new ResnetCocoError('BAD_MODEL', `${configFile}: not a detector but a classifier; use it with classify`);
  }
  return parseDetectorConfig(config, configFile);
}
