import { statSync } from 'node:fs';
import type { Classifier } from '../backbone/index.ts';
import {
  asQuantized,
  type OpenModelOptions,
  openModelFile,
  openModelKinds,
  writeQuantized,
} from '../checkpoints/index.ts';
import type { ImageSource, LoadedImage } from '../datasets/index.ts';
import {
  Calibration,
  createEngine,
  type Engine,
  NoiseMeasurement,
  type PartRanges,
  partKey,
  type QuantizationConfig,
  quantizableLayers,
  type RangeMethod,
  rangeMethods,
} from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import type { Detector } from './detector.ts';
import { chooseFloatLayers, type FloatLayers, lossOf, type Scores } from './quantization/choose-float-layers.ts';
import { type CompiledModel, type FloatModel, openFloatModel } from './quantization/open-float-model.ts';

/** Settings of `quantizeModel`. */
export interface QuantizeOptions extends OpenModelOptions {
  /** Images like those that the model will see, some dozens of them: they tell the ranges of its activations. */
  readonly calibrate: readonly ImageSource[];
  /** What they are, for the model's configuration. */
  readonly calibrationName?: string;
  /** How ranges are chosen; `minmax` by default. */
  readonly method?: RangeMethod;
  /** The architecture of a plain checkpoint, if its tensors do not tell it. */
  readonly arch?: string;
  /** Threads that compute. Default: one per core. */
  readonly threads?: number;
  /** Scores of a model by name, in points, higher ones better. They are measured before and after. */
  readonly evaluate?: (model: Classifier | Detector) => Promise<Scores>;
  /** The most points that any score may fall: the worst layers stay in single precision until it holds. Needs `evaluate`. */
  readonly maxLoss?: number;
  /** Told of each image of `calibrate`, when it was looked at. */
  readonly onImage?: (image: { readonly file: string; readonly error?: ResnetCocoError }) => void;
  /** Told of the scores with each choice of layers that stay in single precision. */
  readonly onScores?: (choice: FloatLayers) => void;
}

const kinds: OptionKinds<QuantizeOptions> = {
  ...openModelKinds,
  calibrate: 'list',
  calibrationName: 'text',
  method: rangeMethods,
  arch: 'text',
  threads: 'checked',
  evaluate: 'function',
  maxLoss: 'checked',
  onImage: 'function',
  onScores: 'function',
};

/** What became of a model. */
export interface QuantizedModel {
  readonly file: string;
  readonly method: RangeMethod;
  /** Images that were looked at, without those that could not be read. */
  readonly images: number;
  /** How many layers are in eight bits, and those that are not. */
  readonly quantizedLayers: number;
  readonly floatLayers: readonly string[];
  /** Parts, such as `masks`, that compute in single precision since nothing for them was found in the images. */
  readonly floatParts?: readonly string[];
  /** Of weights in single precision, and of the file. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** Median time of an image, in milliseconds, without reading it. */
  readonly milliseconds: { readonly before: number; readonly after: number };
  /** With `evaluate`. */
  readonly scores?: { readonly before: Scores; readonly after: Scores };
  /** The most points that a score fell. */
  readonly loss?: number;
}

/** Images by which layers are ranked. */
const RANKED_BY = 8;
/** How often an image is timed with each model. */
const TIMED = 7;

/**
 * Makes a model that computes in eight bits (int8) on CPUs: faster where they have instructions for it, and a quarter of the size.
 * Ranges of activations are measured on images. The file is taken wherever the model from before was.
 *
 * @param to the `.safetensors` file to write
 * @throws ResnetCocoError USAGE for a wrong option, or if no image could be read; as loading a model does; BAD_MODEL for a model that is quantized
 *   already, or if no choice of layers holds `maxLoss`; ENGINE_UNAVAILABLE without ONNX Runtime; FILE_NOT_WRITABLE
 */
export async function quantizeModel(
  nameOrPath: string | URL,
  to: string | URL,
  options: QuantizeOptions,
): Promise<QuantizedModel> {
  checkOptions('quantizeModel', options, kinds, ['calibrate']);
  const target = pathArgument('quantizeModel', 'the file to write', to);
  const { evaluate, maxLoss } = options;
  if (maxLoss !== undefined && !(typeof maxLoss === 'number' && maxLoss >= 0 && maxLoss <= 100)) {
    throw new ResnetCocoError('USAGE', `maxLoss must be a number of points from 0 to 100, is ${shownValue(maxLoss)}`);
  }
  if (maxLoss !== undefined && !evaluate) {
    throw new ResnetCocoError('USAGE', 'maxLoss needs `evaluate`, which measures the loss');
  }
  const file = await openModelFile('quantizeModel', nameOrPath, options);
  let model: FloatModel;
  try {
    model = openFloatModel(file, options.arch);
  } finally {
    file.checkpoint.close();
  }
  const { threads } = options;
  const engine = await createEngine('onnx', threads === undefined ? {} : { threads });
  return await new Quantization(model, engine, options).write(target);
}

class Quantization {
  readonly #model: FloatModel;
  readonly #engine: Engine;
  readonly #options: QuantizeOptions;
  readonly #parameters: ReadonlyMap<string, string>;

  constructor(model: FloatModel, engine: Engine, options: QuantizeOptions) {
    this.#model = model;
    this.#engine = engine;
    this.#options = options;
    this.#parameters = new Map(quantizableLayers(model.programs).map(({ name, parameter }) => [name, parameter]));
  }

  async write(to: string): Promise<QuantizedModel> {
    const { method = 'minmax' } = this.#options;
    const { images, ranges } = await this.#calibrate(method);
    const config = (floatLayers: readonly string[]): QuantizationConfig => ({
      method,
      calibration: { data: this.#options.calibrationName ?? 'images', images },
      float_layers: floatLayers,
      activations: ranges,
    });
    const chosen = await this.#choose(ranges, config);
    const { floatLayers } = chosen;
    const quantization = config(floatLayers);
    const parameters = this.#parametersOf(floatLayers);
    const milliseconds = await this.#times(quantization);
    await writeQuantized(to, { ...this.#model.config, quantization }, this.#model.weights, parameters);
    const floatParts = this.#model.programs.flatMap(({ part = '' }) => (ranges[partKey(part)] ? [] : [part]));
    const numbers = Object.values(this.#model.weights).reduce((sum, { data }) => sum + data.length, 0);
    return {
      ...{ file: to, method, images, floatLayers, quantizedLayers: parameters.size, milliseconds },
      bytes: { before: 4 * numbers, after: statSync(to).size },
      ...(floatParts.length && { floatParts }),
      ...(chosen.scores && { scores: chosen.scores, loss: lossOf(chosen.scores.before, chosen.scores.after) }),
    };
  }

  async #calibrate(method: RangeMethod): Promise<{ readonly images: number; readonly ranges: PartRanges }> {
    const calibration = new Calibration(this.#engine);
    const compiled = await this.#model.compile(calibration.engine, this.#model.weights);
    let images = 0;
    try {
      for await (const { error, file } of compiled.runAll(this.#options.calibrate)) {
        this.#options.onImage?.({ file, ...(error && { error }) });
        images += Number(!error);
      }
    } finally {
      await compiled.model.dispose();
    }
    if (images) return { images, ranges: calibration.ranges(method) };
    throw new ResnetCocoError('USAGE', 'calibrate: none of its images could be read, so the ranges are not known');
  }

  /** The layers that stay in single precision, and the scores where they are measured. */
  async #choose(
    ranges: PartRanges,
    config: (floatLayers: readonly string[]) => QuantizationConfig,
  ): Promise<{ readonly floatLayers: readonly string[]; readonly scores?: { before: Scores; after: Scores } }> {
    const { evaluate, maxLoss = Number.POSITIVE_INFINITY, onScores } = this.#options;
    if (!evaluate) return { floatLayers: [] };
    const before = await this.#with(await this.#model.compile(this.#engine, this.#model.weights), evaluate);
    const measure = async (layers: readonly string[]) => {
      const weights = asQuantized(this.#model.weights, this.#parametersOf(layers));
      const scores = await this.#with(await this.#model.compile(this.#engine, weights, config(layers)), evaluate);
      onScores?.({ layers, scores });
      return scores;
    };
    const worstFirst = Number.isFinite(maxLoss) ? await this.#rank(ranges) : [];
    const { layers, scores: after } = await chooseFloatLayers(worstFirst, before, maxLoss, measure);
    if (layers.length < this.#parameters.size || !layers.length)
      return { floatLayers: layers, scores: { before, after } };
    const problem = `no layer can be in eight bits without losing more than ${maxLoss} points`;
    throw new ResnetCocoError('BAD_MODEL', `${problem}; allow more, or calibrate with other images or another method`);
  }

  async #rank(ranges: PartRanges) {
    const measurement = new NoiseMeasurement(this.#engine, ranges);
    const compiled = await this.#model.compile(measurement.engine, this.#model.weights);
    try {
      for await (const _ of compiled.runAll(this.#options.calibrate.slice(0, RANKED_BY)));
    } finally {
      await compiled.model.dispose();
    }
    return measurement.worstFirst();
  }

  /** Both models on one image, in turns. */
  async #times(quantization: QuantizationConfig): Promise<QuantizedModel['milliseconds']> {
    const models = [
      await this.#model.compile(this.#engine, this.#model.weights),
      await this.#model.compile(this.#engine, this.#model.weights, quantization),
    ];
    try {
      const image = await this.#firstImage(models[0]);
      const times = models.map((): number[] => []);
      for (let round = 0; round <= TIMED; round++) {
        for (const [i, model] of models.entries()) {
          const start = performance.now();
          await model.run(image);
          // The first round is a warmup.
          if (round) times[i].push(performance.now() - start);
        }
      }
      const [before, after] = times.map((each) => each.sort((a, b) => a - b)[each.length >> 1]);
      return { before, after };
    } finally {
      for (const { model } of models) await model.dispose();
    }
  }

  /** The first image that can be read: there is one. */
  async #firstImage(model: CompiledModel): Promise<LoadedImage> {
    for (const image of this.#options.calibrate) {
      try {
        return await model.load(image);
      } catch {
        // Told when it was looked at.
      }
    }
    throw new Error('no image can be read any more');
  }

  #parametersOf(floatLayers: readonly string[]): Set<string> {
    const others = new Set(floatLayers);
    return new Set([...this.#parameters].flatMap(([layer, parameter]) => (others.has(layer) ? [] : [parameter])));
  }

  async #with<R>({ model }: CompiledModel, use: (model: Classifier | Detector) => Promise<R>): Promise<R> {
    try {
      return await use(model);
    } finally {
      await model.dispose();
    }
  }
}
