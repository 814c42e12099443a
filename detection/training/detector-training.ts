// N images, L levels of the pyramid, G objects of an image.

import type {
  BackwardPass,
  Engine,
  EngineTensor,
  ForwardPass,
  HostTensor,
  NamedArrays,
  PartsProgram,
  Snapshot,
  TrainingOptions,
  Weights,
} from '../../engine/index.ts';
import type { Random } from '../../io/random.ts';
import type { ChanceBatch, DetectorTrainer, DetectorTrainingStep } from '../architectures/architecture.ts';
import { type DetectorPart, detectorParts } from '../model/faster-rcnn/detector-parts.ts';
import type { FasterRcnnConfig } from '../model/faster-rcnn/faster-rcnn-config.ts';
import { featureNames } from '../model/faster-rcnn/faster-rcnn-graphs.ts';
import { trainableWeights } from '../model/faster-rcnn/faster-rcnn-parameters.ts';
import { planFasterRcnn } from '../model/faster-rcnn/faster-rcnn-plan.ts';
import { headsOf } from '../model/faster-rcnn/region-heads.ts';
import { stridesOf } from '../model/feature-maps.ts';
import { AnchorGenerator } from '../ops/anchors.ts';
import { batchImages, type ImageList } from '../ops/image-list.ts';
import { regionsByLevel } from '../ops/level-mapper.ts';
import { filterProposals, type RpnLevel } from '../ops/proposals.ts';
import { sampleBalanced } from '../ops/sampler.ts';
import { accumulatedStep, type BatchStep, floats, scaled } from './accumulated-step.ts';
import { type HeadLosses, type HeadTask, headTask } from './head-task.ts';
import { rpnLoss, rpnTargets } from './losses/rpn-loss.ts';
import { roiTargets } from './roi-targets.ts';
import type { DetectorLosses, RegionSampling, TrainingBatch, TrainingImage } from './training-batch.ts';
import { checkObjects } from './training-objects.ts';
import type { DetectorTrainingSettings } from './training-settings.ts';

/** A head's losses, and their gradients. */
interface HeadPass {
  readonly losses: Partial<HeadLosses>;
  readonly pass: BackwardPass;
}

/** Faster R-CNN in training (torchvision `generalized_rcnn.py` in `train()` mode). It holds the weights. */
export class DetectorTraining implements DetectorTrainer {
  readonly #config: FasterRcnnConfig;
  readonly #settings: DetectorTrainingSettings;
  readonly #program: PartsProgram<DetectorPart>;
  readonly #anchors: AnchorGenerator;
  readonly #strides: readonly number[];

  private constructor(
    config: FasterRcnnConfig,
    settings: DetectorTrainingSettings,
    program: PartsProgram<DetectorPart>,
  ) {
    this.#config = config;
    this.#settings = settings;
    this.#program = program;
    this.#anchors = AnchorGenerator.of(config, stridesOf(config.feature_maps));
    this.#strides = planFasterRcnn(config).regionStrides;
  }

  /** @param weights all of `fasterRcnnShapes`; copied */
  static async create(
    engine: Engine,
    config: FasterRcnnConfig,
    weights: Weights,
    settings: DetectorTrainingSettings,
    options: TrainingOptions,
  ): Promise<DetectorTraining> {
    const trainable = trainableWeights(config, settings.trainable_backbone_layers);
    const program = await engine.trainParts(detectorParts(config, weights, trainable), options);
    return new DetectorTraining(config, settings, program);
  }

  /** As torchvision makes them, with chance from `random`. */
  choices(random: Random): RegionSampling {
    const settings = this.#settings;
    return {
      anchors: (labels) =>
        sampleBalanced(
          labels,
          { batchSizePerImage: settings.rpn_batch_size_per_image, positiveFraction: settings.rpn_positive_fraction },
          random,
        ),
      proposals: (labels) =>
        sampleBalanced(
          labels,
          { batchSizePerImage: settings.box_batch_size_per_image, positiveFraction: settings.box_positive_fraction },
          random,
        ),
      propose: (levels, { padded, sizes }) =>
        filterProposals(levels, this.#anchors, padded, sizes, {
          preNmsTopN: settings.rpn_pre_nms_top_n_train,
          postNmsTopN: settings.rpn_post_nms_top_n_train,
          nmsThresh: this.#config.rpn_nms_thresh,
          scoreThresh: this.#config.rpn_score_thresh,
          minSize: this.#config.rpn_min_size,
          whRatioClip: this.#config.wh_ratio_clip,
        }).map(({ boxes }) => boxes),
    };
  }

  async stepOf(batches: readonly ChanceBatch[], learningRate: number): Promise<DetectorTrainingStep> {
    const chosen = batches.map(({ images, random }) => ({ images, choices: this.choices(random) }));
    const { gradientNorm, ...losses } = await this.accumulatedStep(chosen, learningRate);
    return { losses, gradientNorm };
  }

  /**
   * One step of the optimizer; none where a loss is not finite.
   *
   * @throws ResnetCocoError BAD_DATASET for a box without area or of an unknown class
   */
  async step(
    images: readonly TrainingImage[],
    choices: RegionSampling,
    learningRate: number,
  ): Promise<DetectorLosses & { readonly gradientNorm?: number }> {
    return await this.accumulatedStep([{ images, choices }], learningRate);
  }

  /**
   * `step` by the mean of the losses of several batches, whose gradients are summed up; of running statistics, those of
   * the last batch count.
   */
  async accumulatedStep(
    batches: readonly TrainingBatch[],
    learningRate: number,
  ): Promise<DetectorLosses & { readonly gradientNorm?: number }> {
    const { gradientNorm, losses } = await accumulatedStep(
      this.#program,
      batches,
      ({ choices, images }, share) => this.#passes(images, choices, share),
      learningRate,
    );
    return gradientNorm === undefined ? losses : { ...losses, gradientNorm };
  }

  /** The losses and their gradients by each trained weight; the weights stay as they are. */
  async gradients(
    images: readonly TrainingImage[],
    choices: RegionSampling,
  ): Promise<DetectorLosses & { readonly gradients: NamedArrays }> {
    const { losses, passes } = await this.#passes(images, choices);
    try {
      const gradients = await Promise.all(passes.map((pass) => pass.weightGradients()));
      return { ...losses, gradients: Object.assign({}, ...gradients) };
    } finally {
      for (const pass of passes) pass.dispose();
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
  async #passes(
    images: readonly TrainingImage[],
    choices: RegionSampling,
    share = 1,
  ): Promise<BatchStep<DetectorLosses>> {
    for (const { file, objects } of images) checkObjects(objects, this.#config.num_classes, file);
    const list = batchImages(images, this.#config.size_divisible);
    const first = await this.#program.parts.proposals.forward({ image: { shape: list.shape, data: list.data } });
    const heads: HeadPass[] = [];
    try {
      const levels = await this.#levels(first);
      const rpn = this.#rpnLoss(levels, list, images, choices);
      const proposals = choices.propose(levels, list);
      const targets = images.map(({ objects }, image) =>
        roiTargets(proposals[image], objects, this.#settings, (labels) => choices.proposals(labels, image)),
      );
      for (const name of headsOf(this.#config)) {
        heads.push(await this.#headPass(first, headTask(name, targets, images), list, share));
      }
      const losses = Object.assign(
        { loss_objectness: rpn.objectness, loss_rpn_box_reg: rpn.boxes },
        ...heads.map((head) => head.losses),
      ) as DetectorLosses;
      const passes = heads.map(({ pass }) => pass);
      const [ofFeatures, ...more] = passes.map(({ inputGradients }) => inputGradients);
      const cotangents: Record<string, HostTensor | EngineTensor> = { ...ofFeatures };
      for (const [level, { deltas, logits }] of rpn.gradients.entries()) {
        cotangents[`objectness${level}`] = {
          shape: first.outputs[`objectness${level}`].shape,
          data: scaled(logits, share),
        };
        cotangents[`deltas${level}`] = { shape: first.outputs[`deltas${level}`].shape, data: scaled(deltas, share) };
      }
      return { losses, passes: [...passes, await first.backward(cotangents, ...more)] };
    } catch (error) {
      for (const { pass } of heads) pass.dispose();
      throw error;
    } finally {
      first.dispose();
    }
  }

  async #levels({ outputs }: ForwardPass): Promise<RpnLevel[]> {
    return await Promise.all(
      this.#config.anchor_sizes.map(async (_, level) => {
        const objectness = outputs[`objectness${level}`];
        const [, height, width] = objectness.shape;
        return { height, width, logits: await floats(objectness), deltas: await floats(outputs[`deltas${level}`]) };
      }),
    );
  }

  #rpnLoss(
    levels: readonly RpnLevel[],
    { padded }: ImageList,
    images: readonly TrainingImage[],
    choices: RegionSampling,
  ) {
    const anchors = this.#anchors.gridAnchors(levels, padded);
    const targets = images.map(({ objects }, image) =>
      rpnTargets(anchors, objects.boxes, this.#settings, (labels) => choices.anchors(labels, image)),
    );
    return rpnLoss(levels, targets);
  }

  /** A head, forward and backward. */
  async #headPass(
    { outputs }: ForwardPass,
    { boxes, lossOf, name }: HeadTask,
    list: ImageList,
    share: number,
  ): Promise<HeadPass> {
    const regions = regionsByLevel(boxes, this.#strides, list, this.#config.measured_strides);
    const inputs: Record<string, HostTensor | EngineTensor> = {};
    for (const feature of featureNames(this.#config)) inputs[feature] = outputs[feature];
    regions.levels.forEach((data, level) => {
      inputs[`regions${level}`] = { shape: [data.length / 5, 5], data };
    });
    const second = await this.#program.parts[name].forward(inputs);
    try {
      const { gradients, losses } = await lossOf(second.outputs, regions.order);
      const cotangents = Object.entries(gradients).map(([output, data]) => {
        return [output, { shape: second.outputs[output].shape, data: scaled(data, share) }] as const;
      });
      return { losses, pass: await second.backward(Object.fromEntries(cotangents)) };
    } finally {
      second.dispose();
    }
  }
}
