// N images, L levels of the pyramid, G objects of an image.

import { trainedNames } from '../../backbone/index.ts';
import type {
  Engine,
  ForwardPass,
  HostTensor,
  NamedArrays,
  PartsProgram,
  PartsSpec,
  Snapshot,
  TrainingOptions,
  Weights,
} from '../../engine/index.ts';
import type { Tensors } from '../../engine/ops/index.ts';
import type { ChanceBatch, DetectorTrainer, DetectorTrainingStep } from '../architectures/architecture.ts';
import { normsInTraining } from '../model/faster-rcnn/detector-parts.ts';
import { RESNET_STAGES } from '../model/feature-extractor.ts';
import { RETINANET_STRIDES } from '../model/feature-maps.ts';
import type { RetinaNetConfig } from '../model/retinanet/retinanet-config.ts';
import { retinaNetInputs, retinaNetOutputs } from '../model/retinanet/retinanet-graph.ts';
import { retinaNetParameters } from '../model/retinanet/retinanet-plan.ts';
import { AnchorGenerator } from '../ops/anchors.ts';
import type { DenseLevel } from '../ops/dense-detections.ts';
import { batchImages } from '../ops/image-list.ts';
import { matchBoxes } from '../ops/matcher.ts';
import { accumulatedStep, type BatchStep, floats, scaled } from './accumulated-step.ts';
import { boxLosses, retinaNetLoss } from './losses/retinanet-loss.ts';
import type { RetinaNetTrainingSettings } from './retinanet-settings.ts';
import type { TrainingImage } from './training-batch.ts';
import { checkObjects } from './training-objects.ts';

/** The two losses, by torchvision's names; their sum is made small. */
export interface RetinaNetLosses {
  readonly classification: number;
  readonly bbox_regression: number;
}

/** The network in training: all of it, for its loss is computed on the host. */
function retinaNetPart(config: RetinaNetConfig, weights: Weights, trainable: readonly string[]): PartsSpec<'network'> {
  return {
    name: `${config.architecture} with ${config.backbone} in training`,
    weights,
    trainable,
    parts: {
      network: {
        model: (tensors: Tensors, inputs: Tensors) => {
          const { norms, updates } = normsInTraining(config);
          return { outputs: retinaNetOutputs(config, tensors, inputs, norms), updates };
        },
        inputs: retinaNetInputs,
      },
    },
  };
}

/** RetinaNet in training (torchvision `retinanet.py` in `train()` mode). It holds the weights. */
export class RetinaNetTraining implements DetectorTrainer {
  readonly #config: RetinaNetConfig;
  readonly #settings: RetinaNetTrainingSettings;
  readonly #program: PartsProgram<'network'>;
  readonly #anchors: AnchorGenerator;

  private constructor(config: RetinaNetConfig, settings: RetinaNetTrainingSettings, program: PartsProgram<'network'>) {
    this.#config = config;
    this.#settings = settings;
    this.#program = program;
    this.#anchors = AnchorGenerator.of(config, RETINANET_STRIDES);
  }

  /** @param weights all of `retinaNetParameters`; copied */
  static async create(
    engine: Engine,
    config: RetinaNetConfig,
    weights: Weights,
    settings: RetinaNetTrainingSettings,
    options: TrainingOptions,
  ): Promise<RetinaNetTraining> {
    const from = RESNET_STAGES - settings.trainable_backbone_layers;
    const trainable = trainedNames(retinaNetParameters(config), from);
    const program = await engine.trainParts(retinaNetPart(config, weights, trainable), options);
    return new RetinaNetTraining(config, settings, program);
  }

  async stepOf(
    batches: readonly Pick<ChanceBatch, 'images'>[],
    learningRate: number,
  ): Promise<DetectorTrainingStep & { readonly losses: RetinaNetLosses & Record<string, number> }> {
    const step = await accumulatedStep(
      this.#program,
      batches,
      ({ images }, share) => this.#step(images, share),
      learningRate,
    );
    return { ...step, losses: { ...step.losses } };
  }

  /** The losses and their gradients by each trained weight; the weights stay as they are. */
  async gradients(images: readonly TrainingImage[]): Promise<RetinaNetLosses & { readonly gradients: NamedArrays }> {
    const {
      losses,
      passes: [pass],
    } = await this.#step(images, 1);
    try {
      return { ...losses, gradients: await pass.weightGradients() };
    } finally {
      pass.dispose();
    }
  }

  async snapshot(): Promise<Snapshot> {
    return await this.#program.snapshot();
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** @param share by which gradients are multiplied */
  async #step(images: readonly TrainingImage[], share: number): Promise<BatchStep<RetinaNetLosses>> {
    for (const { file, objects } of images) checkObjects(objects, this.#config.num_classes, file);
    const { data, padded, shape } = batchImages(images, this.#config.size_divisible);
    const forward = await this.#program.parts.network.forward({ image: { shape, data } });
    try {
      const levels = await this.#levels(forward);
      const anchors = this.#anchors.gridAnchors(levels, padded);
      const targets = images.map(({ objects }) => ({
        objects,
        matches: matchBoxes(objects.boxes, anchors, {
          highThreshold: this.#settings.fg_iou_thresh,
          lowThreshold: this.#settings.bg_iou_thresh,
          allowLowQualityMatches: true,
        }),
      }));
      const { gradients, ...losses } = retinaNetLoss(levels, anchors, targets, boxLosses[this.#config.box_loss_type]);
      const cotangents: Record<string, HostTensor> = {};
      for (const [level, by] of gradients.entries()) {
        for (const kind of ['logits', 'deltas'] as const) {
          const name = `${kind}${level}`;
          cotangents[name] = { shape: forward.outputs[name].shape, data: scaled(by[kind], share) };
        }
      }
      return { losses, passes: [await forward.backward(cotangents)] };
    } finally {
      forward.dispose();
    }
  }

  async #levels({ outputs }: ForwardPass): Promise<DenseLevel[]> {
    return await Promise.all(
      this.#config.anchor_sizes.map(async (_, level) => {
        const logits = outputs[`logits${level}`];
        const [, height, width] = logits.shape;
        return { height, width, logits: await floats(logits), deltas: await floats(outputs[`deltas${level}`]) };
      }),
    );
  }
}
