// N images, H × W pixels, C channels.
import type { ImageTensor } from '../datasets/index.ts';
import { type Engine, type HostTensor, type Program, sizeOf, type Weights } from '../engine/index.ts';
import { ResnetCocoError } from '../errors.ts';
import type { ClassifierConfig } from './classifier-config.ts';
import { embeddingProgram, featuresProgram, planClassifier, stageName } from './classifier-program.ts';
import { finiteOutputs } from './finite-outputs.ts';
import { meanProbabilities } from './mean-probabilities.ts';

/** What is said of every call after `dispose`. */
export const MODEL_DISPOSED = 'the model was disposed; load it again';

/** The feature map at the end of a stage. */
export interface FeatureMap {
  /** The stage, as checkpoints call it: `layer1`, `layer2` … */
  readonly name: string;
  /** Pixels of the network's input from one place of the map to the next. */
  readonly stride: number;
  /** Height, width and channels. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Row by row, the channels of a place together. */
  readonly data: Float32Array;
}

/** Reads a model's weights, as often as a program is compiled; between, they take no memory. */
export interface WeightSource {
  read(): Weights;
  close(): void;
}

/** The programs of a classifier: one of logits and embeddings, and one of feature maps, compiled when first asked for. */
export class ClassifierPrograms {
  readonly #engine: Engine;
  readonly #config: ClassifierConfig;
  readonly #source: WeightSource;
  readonly #scores: Program;
  #features: Promise<Program> | undefined;
  #isDisposed = false;

  private constructor(engine: Engine, config: ClassifierConfig, source: WeightSource, scores: Program) {
    this.#engine = engine;
    this.#config = config;
    this.#source = source;
    this.#scores = scores;
  }

  static async compile(engine: Engine, config: ClassifierConfig, source: WeightSource): Promise<ClassifierPrograms> {
    const scores = await engine.compile(embeddingProgram(config, source.read()));
    return new ClassifierPrograms(engine, config, source, scores);
  }

  /** The logits, or the embedding, of each image. Of several crops of an image, the mean probabilities as logits. */
  async rows(output: 'logits' | 'embedding', images: readonly ImageTensor[]): Promise<Float32Array[]> {
    if (!images.length) return [];
    const outputs = await this.#scores.run({ image: stacked(images) });
    const values = finiteOutputs((await outputs[output].data()) as Float32Array);
    for (const tensor of Object.values(outputs)) tensor.dispose();
    const length = values.length / images.length;
    const isOne = cropsIn(images) === 1;
    return images.map((_, i) => {
      const own = values.slice(i * length, (i + 1) * length);
      return isOne ? own : meanProbabilities(own, this.#config.num_classes);
    });
  }

  /** The map of each stage, of each image. */
  async features(images: readonly ImageTensor[]): Promise<FeatureMap[][]> {
    if (!images.length) return [];
    const program = await this.#featuresProgram();
    const outputs = await program.run({ image: stacked(images) });
    const maps: FeatureMap[][] = images.map(() => []);
    for (const [stage, stride] of planClassifier(this.#config).strides.entries()) {
      const name = stageName(stage);
      const tensor = outputs[name];
      const [, height, width, channels] = tensor.shape;
      const values = finiteOutputs((await tensor.data()) as Float32Array);
      tensor.dispose();
      const length = height * width * channels;
      for (const [i, list] of maps.entries()) {
        const data = values.slice(i * length, (i + 1) * length);
        list.push({ name, stride, shape: [height, width, channels], data });
      }
    }
    return maps;
  }

  /** Compiles the program once; after an error, anew. */
  #featuresProgram(): Promise<Program> {
    if (this.#isDisposed) throw new ResnetCocoError('DISPOSED', MODEL_DISPOSED);
    this.#features ??= this.#engine
      .compile(featuresProgram(this.#config, this.#source.read()))
      .catch((error: unknown) => {
        this.#features = undefined;
        throw error;
      });
    return this.#features;
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#source.close();
    const features = await this.#features?.catch(() => undefined);
    await Promise.all([this.#scores.dispose(), features?.dispose()]);
  }
}

/** Images of one size as a batch. */
function stacked(images: readonly ImageTensor[]): HostTensor {
  const [{ data, shape }] = images;
  const pixels = new Float32Array(images.length * data.length);
  for (const [i, image] of images.entries()) pixels.set(image.data, i * data.length);
  return { shape: [images.length * cropsIn(images), ...shape], data: pixels };
}

/** How many crops of each image there are. */
const cropsIn = ([{ data, shape }]: readonly ImageTensor[]): number => data.length / sizeOf(shape);
