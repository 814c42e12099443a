import {
  Classifier,
  type ClassifierConfig,
  classifierConfigOf,
  classifierProgram,
  classifierShapes,
  planClassifier,
} from '../../backbone/index.ts';
import { type ModelFile, readWeights, refuseQuantized } from '../../checkpoints/index.ts';
import type { ImageSource, ImageSources, LoadedImage } from '../../datasets/index.ts';
import type { Engine, ProgramSpec, QuantizationConfig, Weights } from '../../engine/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { architectureOf, architectureOfModel } from '../architectures/architectures.ts';
import { Detector } from '../detector.ts';
import { detectorConfigOf, readDetectorWeights } from '../load-detector.ts';
import type { DetectorConfig } from '../model/detector-config.ts';

/** A model that is compiled, as far as quantization uses it. */
export interface CompiledModel {
  readonly model: Classifier | Detector;
  /** Computes all that there is of each image; those that cannot be read give their error. */
  runAll(images: ImageSources): AsyncIterable<{ readonly file: string; readonly error?: ResnetCocoError }>;
  load(image: ImageSource): Promise<LoadedImage>;
  /** Computes what a user sees of an image. */
  run(image: LoadedImage): Promise<unknown>;
}

/** A model in single precision, to be quantized. */
export interface FloatModel {
  readonly config: ClassifierConfig | DetectorConfig;
  readonly weights: Weights;
  /** Its parts, as programs. */
  readonly programs: readonly ProgramSpec[];
  compile(engine: Engine, weights: Weights, quantization?: QuantizationConfig): Promise<CompiledModel>;
}

/** @throws ResnetCocoError BAD_MODEL for one that is quantized already; as loading a model does */
export function openFloatModel(file: ModelFile, arch?: string): FloatModel {
  refuseQuantized(file, 'it cannot be quantized again');
  return architectureOfModel(file) ? floatDetector(file, arch) : floatClassifier(file, arch);
}

function floatClassifier(file: ModelFile, arch?: string): FloatModel {
  const config = classifierConfigOf(file, { arch });
  const weights = readWeights(file.checkpoint, classifierShapes(planClassifier(config)), config.architecture);
  return {
    config,
    weights,
    programs: [classifierProgram(config, weights)],
    compile: async (engine, own, quantization) => {
      const source = { read: () => own, close: () => {} };
      const model = await Classifier.compile(engine, { ...config, ...(quantization && { quantization }) }, source);
      return {
        model,
        runAll: (images) => model.logitsAll(images),
        load: (image) => model.load(image),
        run: (image) => model.classifyLoaded([image]),
      };
    },
  };
}

function floatDetector(file: ModelFile, arch?: string): FloatModel {
  const config = detectorConfigOf(file, arch);
  const weights = readDetectorWeights(file, config);
  const { programs, scoreThresh } = architectureOf(config);
  return {
    config,
    weights,
    programs: programs(config, weights).map(({ program }) => program),
    compile: async (engine, own, quantization) => {
      const model = await Detector.compile(engine, { ...config, ...(quantization && { quantization }) }, own);
      return {
        model,
        runAll: (images) => model.detectAll(images, { score: scoreThresh(config) }),
        load: (image) => model.load(image),
        run: (image) => model.detectLoaded([image]),
      };
    },
  };
}
