/**
 * transformers.js's way to call a model: `pipeline(task, model)` gives a function of images. Names, defaults and shapes
 * of results are those of its version 3, https://huggingface.co/docs/transformers.js/v3.0.0/api/pipelines.
 */
import {
  type Classifier,
  type FeatureMap,
  type LoadOptions,
  loadClassifier,
  loadOptionKinds,
} from '../backbone/index.ts';
import type { ImageSource } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { similarName } from '../io/nearest.ts';
import { checkOptions, type OptionKinds } from '../io/options.ts';
import { shownValue } from '../io/shown-value.ts';
import type { Detector } from './detector.ts';
import { loadDetector } from './load-detector.ts';

/** A function of one image, or of an array of them, that owns a model. */
export interface Pipeline<Options, Result, Results = Result[]> {
  /** @throws ResnetCocoError FILE_NOT_FOUND or BAD_IMAGE, naming the image; USAGE for an unknown or wrong option */
  (image: ImageSource, options?: Options): Promise<Result>;
  (images: readonly ImageSource[], options?: Options): Promise<Results>;
  /** Frees the model. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of an `image-classification` pipeline. */
export interface ImageClassificationPipelineOptions {
  /** How many classes to return, most probable first; 0 or null for all. Default 5. */
  readonly top_k?: number | null;
}

/** Classes of an image, most probable first. */
export type ImageClassificationOutput = { readonly label: string; readonly score: number }[];

/** What `pipeline('image-classification')` gives. */
export type ImageClassificationPipeline = Pipeline<ImageClassificationPipelineOptions, ImageClassificationOutput>;

/** Options of an `object-detection` pipeline. */
export interface ObjectDetectionPipelineOptions {
  /** Only objects above this score, from 0 to 1. Default .9. */
  readonly threshold?: number;
  /** Boxes as shares of the image's width and height, from 0 to 1, instead of whole pixels. Default false. */
  readonly percentage?: boolean;
}

/** The corners of a box. */
export interface BoundingBox {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

/** Objects in an image, highest score first. */
export type ObjectDetectionPipelineOutput = {
  readonly score: number;
  readonly label: string;
  readonly box: BoundingBox;
}[];

/** What `pipeline('object-detection')` gives. */
export type ObjectDetectionPipeline = Pipeline<ObjectDetectionPipelineOptions, ObjectDetectionPipelineOutput>;

/** Options of an `image-feature-extraction` pipeline. */
export interface ImageFeatureExtractionPipelineOptions {
  /** The average over the pixels of the last feature map, instead of the map. Default false. */
  readonly pool?: boolean | null;
}

/** Numbers with a shape, as transformers.js's Tensor has them. */
export interface FeatureTensor {
  readonly type: 'float32';
  /** `[N, C, H, W]`, or with `pool` `[N, C]`. */
  readonly dims: readonly number[];
  readonly data: Float32Array;
  /** How many numbers. */
  readonly size: number;
}

/** What `pipeline('image-feature-extraction')` gives. The tensor of an array of images has one for each. */
export type ImageFeatureExtractionPipeline = Pipeline<
  ImageFeatureExtractionPipelineOptions,
  FeatureTensor,
  FeatureTensor
>;

/** The pipeline of each task. */
export interface Pipelines {
  readonly 'image-classification': ImageClassificationPipeline;
  readonly 'object-detection': ObjectDetectionPipeline;
  readonly 'image-feature-extraction': ImageFeatureExtractionPipeline;
}

/** What a pipeline does, by transformers.js's names. */
export type PipelineTask = keyof Pipelines;

/** What a pipeline computes of images with its options, and the model that it owns. */
interface Work<Options, Result, Results> {
  readonly kinds: OptionKinds<Options>;
  compute(images: readonly ImageSource[], options: Options): Promise<Result[]>;
  /** The results of an array of images as one. */
  together(results: Result[]): Results;
  readonly model: { dispose(): Promise<void> };
}

const makers: {
  readonly [Task in PipelineTask]: (model: string | URL | undefined, options: LoadOptions) => Promise<Pipelines[Task]>;
} = {
  'image-classification': async (model = 'resnet50', options) => classification(await loadClassifier(model, options)),
  'object-detection': async (model = 'fasterrcnn_resnet50_fpn_v2', options) =>
    detection(await loadDetector(model, options)),
  'image-feature-extraction': async (model = 'resnet50', options) =>
    featureExtraction(await loadClassifier(model, options)),
};

const tasks = Object.keys(makers);

/**
 * Makes a function of images, as transformers.js's function of the same name does.
 *
 * @param model a known model, fetched on first use, or the path or `file:` URL of a model file; by default ResNet-50, or
 *   Faster R-CNN with it
 * @param options as those of `loadClassifier` and `loadDetector`
 * @throws ResnetCocoError USAGE for an unknown task or option; what `loadClassifier` and `loadDetector` throw
 */
export async function pipeline<Task extends PipelineTask>(
  task: Task,
  model?: string | URL,
  options: LoadOptions = {},
): Promise<Pipelines[Task]> {
  if (typeof task !== 'string' || !Object.hasOwn(makers, task)) {
    const similar = typeof task === 'string' ? similarName(task, tasks) : undefined;
    const remedy = similar === undefined ? `known are ${tasks.join(', ')}` : `did you mean '${similar}'?`;
    throw new ResnetCocoError('USAGE', `pipeline: there is no task ${shownValue(task)}; ${remedy}`);
  }
  checkOptions('pipeline', options, loadOptionKinds);
  return await makers[task](model, options);
}

function callable<Options extends object, Result, Results>(
  task: PipelineTask,
  { compute, kinds, model, together }: Work<Options, Result, Results>,
): Pipeline<Options, Result, Results> {
  async function call(image: ImageSource, options?: Options): Promise<Result>;
  async function call(images: readonly ImageSource[], options?: Options): Promise<Results>;
  async function call(
    input: ImageSource | readonly ImageSource[],
    options: Options = {} as Options,
  ): Promise<Result | Results> {
    checkOptions(task, options, kinds);
    return Array.isArray(input)
      ? together(await compute(input as readonly ImageSource[], options))
      : (await compute([input as ImageSource], options))[0];
  }
  const dispose = () => model.dispose();
  return Object.assign(call, { dispose, [Symbol.asyncDispose]: dispose });
}

const classification = (classifier: Classifier): ImageClassificationPipeline =>
  callable<ImageClassificationPipelineOptions, ImageClassificationOutput, ImageClassificationOutput[]>(
    'image-classification',
    {
      model: classifier,
      kinds: { top_k: 'checked' },
      async compute(images, { top_k = 5 }) {
        if (!(top_k === null || (Number.isInteger(top_k) && top_k >= 0))) {
          throw new ResnetCocoError('USAGE', `\`top_k\` must be a whole number from 0, is ${shownValue(top_k)}`);
        }
        const { num_classes } = classifier.config;
        const results = await classifier.classify(images, { top: Math.min(top_k || num_classes, num_classes) });
        return results.map((predictions) =>
          predictions.map(({ label, probability }) => ({ label, score: probability })),
        );
      },
      together: (results) => results,
    },
  );

const detection = (detector: Detector): ObjectDetectionPipeline =>
  callable<ObjectDetectionPipelineOptions, ObjectDetectionPipelineOutput, ObjectDetectionPipelineOutput[]>(
    'object-detection',
    {
      model: detector,
      kinds: { threshold: 'checked', percentage: 'boolean' },
      async compute(images, { percentage = false, threshold = 0.9 }) {
        if (!(typeof threshold === 'number' && threshold >= 0 && threshold <= 1)) {
          throw new ResnetCocoError('USAGE', `\`threshold\` must be a number from 0 to 1, is ${shownValue(threshold)}`);
        }
        const results: ObjectDetectionPipelineOutput[] = [];
        for await (const result of detector.detectAll(images, { score: threshold })) {
          if ('error' in result) throw result.error;
          const { detections, height, width } = result;
          results.push(
            detections.map(({ bbox: [x, y, w, h], label, score }) => {
              const corners = percentage
                ? [x / width, y / height, (x + w) / width, (y + h) / height]
                : [x, y, x + w, y + h].map(Math.trunc);
              const [xmin, ymin, xmax, ymax] = corners;
              return { score, label, box: { xmin, ymin, xmax, ymax } };
            }),
          );
        }
        return results;
      },
      together: (results) => results,
    },
  );

const featureExtraction = (classifier: Classifier): ImageFeatureExtractionPipeline =>
  callable<ImageFeatureExtractionPipelineOptions, FeatureTensor, FeatureTensor>('image-feature-extraction', {
    model: classifier,
    kinds: { pool: 'checked' },
    async compute(images, { pool }) {
      if (!(typeof (pool ?? false) === 'boolean')) {
        throw new ResnetCocoError('USAGE', `\`pool\` must be true or false, is ${shownValue(pool)}`);
      }
      if (pool) return (await classifier.embed(images)).map((data) => tensor([1, data.length], data));
      return (await classifier.features(images)).map((maps) => channelsFirst(maps[maps.length - 1]));
    },
    together: (results) => {
      const [first] = results;
      const data = new Float32Array(results.reduce((sum, { size }) => sum + size, 0));
      for (const [i, result] of results.entries()) data.set(result.data, i * first.size);
      return tensor([results.length, ...(first?.dims.slice(1) ?? [0])], data);
    },
  });

const tensor = (dims: readonly number[], data: Float32Array): FeatureTensor => ({
  type: 'float32',
  dims,
  data,
  size: data.length,
});

/** A feature map in PyTorch's order: `[1, C, H, W]`. */
function channelsFirst({ data, shape: [height, width, channels] }: FeatureMap): FeatureTensor {
  const planes = new Float32Array(data.length);
  const places = height * width;
  for (let place = 0; place < places; place++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * places + place] = data[place * channels + channel];
    }
  }
  return tensor([1, channels, height, width], planes);
}
