import { knownModels } from '../checkpoints/known-models.ts';
import { type ModelFile, type OpenModelOptions, openModel, readWeights, shapesOf } from '../checkpoints/model-file.ts';
import { createEngine, type EngineName, type EngineOptions } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { Classifier, planClassifier } from './classifier.ts';
import { type ClassifierConfig, parseClassifierConfig } from './classifier-config.ts';
import { type InferOptions, inferResNet } from './infer-classifier.ts';
import { classifierShapes } from './resnet-plan.ts';

/** Settings of `loadClassifier`, `loadDetector` and `loadModel`. */
export interface LoadOptions extends EngineOptions, OpenModelOptions {
  /** What runs the model. Default `auto`. */
  readonly engine?: EngineName | 'auto';
  /** The architecture of a plain checkpoint, such as `resnet50`, where its tensors do not tell it right. */
  readonly arch?: string;
}

/**
 * Loads an image classifier.
 *
 * @param nameOrPath a known model such as `resnet50`, fetched on first use, or a model file: safetensors, or PyTorch's
 *   `.pth`, `.pt`, `.th`
 * @throws ResnetCocoError UNKNOWN_MODEL, FILE_NOT_FOUND, BAD_CHECKPOINT, UNSAFE_CHECKPOINT, BAD_MODEL, BAD_CONFIG,
 *   DOWNLOAD_FAILED, ENGINE_UNAVAILABLE
 */
export async function loadClassifier(nameOrPath: string, options: LoadOptions = {}): Promise<Classifier> {
  const model = await openModel(nameOrPath, options);
  try {
    return await compileClassifier(model, options);
  } finally {
    model.checkpoint.close();
  }
}

/** The classifier in a file that is open. Throws as `loadClassifier` does. */
export async function compileClassifier(model: ModelFile, options: LoadOptions): Promise<Classifier> {
  const config = classifierConfigOf(model, options);
  const weights = readWeights(model.checkpoint, classifierShapes(planClassifier(config)), config.architecture);
  return await Classifier.compile(await createEngine(options.engine, options), config, weights);
}

/** The configuration in a model file, or what its tensors tell. */
export function classifierConfigOf(model: ModelFile, options: InferOptions = {}): ClassifierConfig {
  const { checkpoint, config, configFile = checkpoint.file } = model;
  if (config === undefined) return parseClassifierConfig(inferredConfig(model, options), checkpoint.file);
  if (isOfDetector(config)) {
    throw new ResnetCocoError('BAD_MODEL', `${configFile}: a detector, not a classifier; use it with detect`);
  }
  return parseClassifierConfig(config, configFile);
}

/** Whether a configuration is a detector's: of an architecture that known detectors have, or with a backbone in it. */
function isOfDetector(config: unknown): boolean {
  if (typeof config !== 'object' || config === null) return false;
  const { architecture } = config as { readonly architecture?: unknown };
  const isKnown = knownModels.some((known) => known.task === 'detection' && known.config.architecture === architecture);
  return isKnown || 'backbone' in config;
}

function inferredConfig({ checkpoint, dialect }: ModelFile, options: InferOptions): object {
  const shapes = shapesOf(checkpoint);
  const said = dialect?.config?.(shapes);
  const { depth, ...inferred } = inferResNet(shapes, checkpoint.file, said, options);
  return { architecture: options.arch ?? `resnet${depth}`, ...said, ...inferred };
}
