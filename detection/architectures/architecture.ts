import type { ParameterPlan } from '../../backbone/index.ts';
import type { Shapes } from '../../checkpoints/index.ts';
import type { Engine, ProgramSpec, Snapshot, TrainingOptions, Weights } from '../../engine/index.ts';
import type { Random } from '../../io/random.ts';
import type { DetectorCategory } from '../model/detector-category.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import type { ImageSize } from '../ops/boxes.ts';
import type { PreparedImage } from '../ops/image-list.ts';
import type { ImageDetections } from '../ops/postprocess.ts';
import type { Detection } from '../results/name-detections.ts';
import type { TrainingImage } from '../training/training-batch.ts';
import type { DetectorTrainingSettings } from '../training/training-settings.ts';

/** A detector that is compiled. */
export interface DetectorModel {
  /**
   * What is in each image of a batch, in pixels of the original image, highest score first.
   *
   * @param images resized and normalized @param originals the size of each on disk
   * @param scoreThresh only scores above it are returned
   */
  detect(
    images: readonly PreparedImage[],
    originals: readonly ImageSize[],
    scoreThresh: number,
  ): Promise<ImageDetections[]>;
  dispose(): Promise<void>;
}

/** Images of a batch to train on, and where chance comes from. */
export interface ChanceBatch {
  readonly images: readonly TrainingImage[];
  readonly random: Random;
}

/** A step: losses by torchvision's names, whose sum is made small. */
export interface DetectorTrainingStep {
  readonly losses: Readonly<Record<string, number>>;
  /** Where gradients are clipped. */
  readonly gradientNorm?: number | undefined;
}

/** A detector in training. It holds the weights. */
export interface DetectorTrainer {
  /**
   * One step of the optimizer by the mean of the losses of several batches; none where a loss is not finite.
   *
   * @throws ResnetCocoError BAD_DATASET for a box without area or of an unknown class
   */
  stepOf(batches: readonly ChanceBatch[], learningRate: number): Promise<DetectorTrainingStep>;
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
}

/** A graph of a detector, and which part of it. */
export interface DetectorProgram {
  readonly part: string;
  readonly program: ProgramSpec;
}

/** A family of detectors: what loading, converting, exporting, describing, training and serving need to know of it. */
export interface DetectorArchitecture {
  /** What `architecture` says in a configuration. */
  readonly name: string;
  /** In the papers' words. */
  readonly title: string;

  /**
   * Checks a configuration and fills in what it leaves out.
   *
   * @param source the file or model it comes from, for errors
   * @throws ResnetCocoError BAD_CONFIG, naming the field
   */
  readonly parse: (value: unknown, source: string) => DetectorConfig;
  /** Every tensor that a forward pass needs. */
  readonly parameters: (config: DetectorConfig) => readonly ParameterPlan[];

  /** Whether tensors are those of such a detector, by their names. */
  readonly recognizes: (names: Iterable<string>) => boolean;
  /**
   * The configuration that names and shapes of tensors tell.
   *
   * @throws ResnetCocoError BAD_MODEL, if they are not those of such a detector
   */
  readonly infer: (shapes: Shapes, file: string) => DetectorConfig;
  /** What `--arch` may call a detector besides its backbone; torchvision's name first. */
  readonly archNames: (config: DetectorConfig) => readonly string[];

  /** What it computes, as graphs for other runtimes. */
  readonly programs: (config: DetectorConfig, weights: Weights) => readonly DetectorProgram[];
  readonly compile: (engine: Engine, config: DetectorConfig, weights: Weights) => Promise<DetectorModel>;
  /** Detections under the names of their categories, which are given by label. */
  readonly results: (detections: ImageDetections, categories: ReadonlyMap<number, DetectorCategory>) => Detection[];

  readonly trainingSettingNames: readonly string[];
  /** Checks the settings that tell one training from another, as `parse` does the configuration. */
  readonly parseTrainingSettings: (value: unknown, source: string) => DetectorTrainingSettings;
  readonly train: (
    engine: Engine,
    config: DetectorConfig,
    weights: Weights,
    settings: DetectorTrainingSettings,
    options: TrainingOptions,
  ) => Promise<DetectorTrainer>;
}
