import type { ParameterPlan } from '../../backbone/index.ts';
import type { Shapes } from '../../checkpoints/index.ts';
import type { Engine, Graph, ProgramSpec, Snapshot, TrainingOptions, Weights } from '../../engine/index.ts';
import type { Random } from '../../io/random.ts';
import type { DetectorCategory } from '../model/detector-category.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import type { BoxChoice } from '../ops/box-choice.ts';
import type { ImageSize } from '../ops/boxes.ts';
import type { PreparedImage } from '../ops/image-list.ts';
import type { ImageDetections } from '../ops/postprocess.ts';
import type { Detection } from '../results/name-detections.ts';
import type { ObjectTargets } from '../training/object-targets.ts';
import type { SharedTrainingSettings } from '../training/shared-training-settings.ts';
import type { TrainingImage } from '../training/training-batch.ts';

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
    choice?: BoxChoice,
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

/**
 * A family of detectors: what loading, converting, exporting, describing, training and serving need to know of it. Its
 * functions are methods, so that the registry may hold families whose configurations differ.
 */
export interface DetectorArchitecture<
  Config extends DetectorConfig = DetectorConfig,
  Settings extends SharedTrainingSettings = SharedTrainingSettings,
> {
  /** What `architecture` says in a configuration. */
  readonly name: string;
  /** In the papers' words, such as `Mask R-CNN`. */
  title(config: Config): string;

  /**
   * Checks a configuration and fills in what it leaves out.
   *
   * @param source the file or model it comes from, for errors
   * @throws ResnetCocoError BAD_CONFIG, naming the field
   */
  parse(value: unknown, source: string): Config;
  /** Every tensor that a forward pass needs. */
  parameters(config: Config): readonly ParameterPlan[];

  /** Whether tensors are those of such a detector, by their names. */
  recognizes(names: Iterable<string>): boolean;
  /**
   * The configuration that names and shapes of tensors tell.
   *
   * @param settings what the file's dialect tells besides
   * @throws ResnetCocoError BAD_MODEL, if they are not those of such a detector
   */
  infer(shapes: Shapes, file: string, settings?: Readonly<Record<string, unknown>>): Config;
  /** What `--arch` may call a detector besides its backbone; torchvision's name first. */
  archNames(config: Config): readonly string[];
  /**
   * What a configuration says where `--arch` is one of torchvision's names, such as `fasterrcnn_resnet50_fpn_v2`;
   * undefined for names of other architectures.
   */
  configNamed(arch: string): Readonly<{ backbone: string }> | undefined;

  /** What it computes, as graphs for other runtimes. */
  programs(config: Config, weights: Weights): readonly DetectorProgram[];
  /**
   * All that it computes, from the bytes of an image to detections, as one graph. @param traced the graph of a program
   */
  whole(config: Config, weights: Weights, traced: (program: ProgramSpec) => Graph): Graph;
  compile(engine: Engine, config: Config, weights: Weights): Promise<DetectorModel>;
  /** The score that detections are above where nobody asks for another. */
  scoreThresh(config: Config): number;
  /** The overlap, IoU, above which a better box suppresses another. */
  nmsThresh(config: Config): number;
  /** Detections under the names of their categories, which are given by label. */
  results(detections: ImageDetections, categories: ReadonlyMap<number, DetectorCategory>): Detection[];

  /** What training learns of objects besides their boxes. */
  targets(config: Config): ObjectTargets;
  readonly trainingSettingNames: readonly string[];
  /** Checks the settings that tell one training from another, as `parse` does the configuration. */
  parseTrainingSettings(value: unknown, source: string): Settings;
  train(
    engine: Engine,
    config: Config,
    weights: Weights,
    settings: Settings,
    options: TrainingOptions,
  ): Promise<DetectorTrainer>;
}
