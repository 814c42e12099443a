import { basename } from 'node:path';
import { knownModels } from '../checkpoints/known-models.ts';
import {
  type ModelFile,
  type OpenModelOptions,
  openModelFile,
  openModelKinds,
  readWeights,
  shapesOf,
} from '../checkpoints/model-file.ts';
import { type EngineName, type EngineOptions, engineOptionKinds, startEngine } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { checkOptions, type OptionKinds } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import { isArchitectureName, SUCH_NAMES } from './architecture.ts';
import { checkDescription } from './check-description.ts';
import { Classifier } from './classifier.ts';
import { type ClassifierConfig, parseClassifierConfig } from './classifier-config.ts';
import { planClassifier } from './classifier-program.ts';
import { type InferOptions, inferResNet } from './infer-classifier.ts';
import { classifierShapes } from './resnet-plan.ts';

/** Settings of `loadClassifier`, `loadDetector` and `loadModel`. */
export interface LoadOptions extends EngineOptions, OpenModelOptions {
  /** The engine that runs the model. Default `auto`. */
  readonly engine?: EngineName | 'auto';
  /** The architecture of a plain checkpoint, such as `resnet50`, if its tensors do not tell it. */
  readonly arch?: string;
}

export const loadOptionKinds: OptionKinds<LoadOptions> = {
  ...openModelKinds,
  ...engineOptionKinds,
  engine: 'checked',
  arch: 'text',
};

/**
 * Loads an image classifier.
 *
 * @param nameOrPath a known model such as `resnet50` or one on the Hugging Face hub such as `hf:timm/resnet50.a1_in1k`
 *   (`hf:owner/name[@revision][/file]`), fetched on first use; or the path or `file:` URL of a model file (safetensors, or
 *   PyTorch's `.pth`, `.pt`, `.th`, `.bin`) or of a folder as the hub lays it out
 * @throws ResnetCocoError USAGE for what is no name or path, or an unknown option; UNKNOWN_MODEL, FILE_NOT_FOUND,
 *   BAD_CHECKPOINT, UNSAFE_CHECKPOINT, BAD_MODEL, BAD_CONFIG, DOWNLOAD_FAILED, ENGINE_UNAVAILABLE
 */
export async function loadClassifier(nameOrPath: string | URL, options: LoadOptions = {}): Promise<Classifier> {
  checkOptions('loadClassifier', options, loadOptionKinds);
  return await compileClassifier(await openModelFile('loadClassifier', nameOrPath, options), options);
}

/**
 * Builds the classifier in an open file, and closes the file when the classifier is disposed. It stays open because
 * further programs read their weights from it: by then another file may have its name. Throws as `loadClassifier` does.
 */
export async function compileClassifier(model: ModelFile, options: LoadOptions): Promise<Classifier> {
  const { checkpoint } = model;
  try {
    const config = classifierConfigOf(model, options);
    const shapes = classifierShapes(planClassifier(config));
    const read = () => readWeights(checkpoint, shapes, config.architecture);
    const engine = await startEngine(options.engine, options);
    return await Classifier.compile(engine, config, { read, close: () => checkpoint.close() });
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

/** The configuration in a model file, or the one inferred from its tensors. */
export function classifierConfigOf(model: ModelFile, options: InferOptions = {}): ClassifierConfig {
  const { checkpoint, config, configFile = checkpoint.file, description } = model;
  if (config === undefined) {
    return parseClassifierConfig(inferredConfig(model, options), description?.file ?? checkpoint.file);
  }
  const { architecture } = (config ?? {}) as { readonly architecture?: unknown };
  if (detectorNames.includes(architecture)) {
    throw new ResnetCocoError('BAD_MODEL', `${configFile}: a detector, not a classifier; use it with detect`);
  }
  if (typeof architecture !== 'string' || isOfClassifier(config)) return parseClassifierConfig(config, configFile);
  const known = `of detectors ${detectorNames.join(', ')}, of classifiers ${SUCH_NAMES}`;
  const problem = `architecture: ${shownValue(architecture)} is not known; known are ${known}`;
  throw new ResnetCocoError('BAD_CONFIG', `${configFile}: config: ${problem}`);
}

/** What configurations of detectors say in `architecture`. */
const detectorNames: readonly unknown[] = [
  ...new Set(knownModels.flatMap(({ config, task }) => (task === 'detection' ? [config.architecture] : []))),
];

/** Whether a configuration names a network that classifies. */
export function isOfClassifier(config: unknown): boolean {
  const { architecture } = (config ?? {}) as { readonly architecture?: unknown };
  return typeof architecture === 'string' && isArchitectureName(architecture);
}

/** timm's networks whose poolings blur: their tensors are those of a plain ResNet. */
const BLURRED = /^(se|eca)?res(net|next)(blur|aa)\d+\w*/;

/** @throws ResnetCocoError BAD_MODEL for a file that is named as a network which its tensors do not tell */
function refuseBlurred(file: string): void {
  const [network] = BLURRED.exec(basename(file)) ?? [];
  if (network === undefined) return;
  const problem = `by its name, a ${network} of timm, whose pooling blurs, which is not read; its tensors have the names of a ResNet, which would answer otherwise`;
  throw new ResnetCocoError(
    'BAD_MODEL',
    `${file}: ${problem}; if it is one, give the file another name, or name the arch`,
  );
}

function inferredConfig(model: ModelFile, options: InferOptions): object {
  const { checkpoint, description, dialect, settings: ofDialect = {} } = model;
  const shapes = shapesOf(checkpoint);
  const said = dialect?.config?.(shapes);
  if (description) checkDescription(description, shapes);
  const arch = options.arch ?? description?.architecture;
  if (arch === undefined) refuseBlurred(checkpoint.file);
  const inferred = inferResNet(shapes, checkpoint.file, said, { ...options, arch });
  const settings = { ...ofDialect, ...description?.settings };
  const config = { ...said, ...inferred, architecture: arch ?? inferred.architecture, ...settings };
  // Of a body without a head, the labels tell the number of classes.
  const isBody = !shapes.has('fc.weight') && !shapes.has('linear.weight');
  const { categories } = settings as { readonly categories?: unknown };
  return isBody && Array.isArray(categories) ? { ...config, num_classes: categories.length } : config;
}
