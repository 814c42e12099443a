// N images, L levels of the pyramid, A anchors a position, K classes with the background.

import { finiteOutputs } from '../../../backbone/finite-outputs.ts';
import type { EngineTensor, Program } from '../../../engine/engine.ts';
import { type AnchorConfig, AnchorGenerator } from '../../ops/anchors.ts';
import { type BoxChoice, suppressedTo } from '../../ops/box-choice.ts';
import type { RatioClip } from '../../ops/box-coder.ts';
import type { ImageSize } from '../../ops/boxes.ts';
import { type BoxClipping, chooseDetections, type DenseLevel } from '../../ops/dense-detections.ts';
import { batchImages, type PreparedImage } from '../../ops/image-list.ts';
import { detectionsAt, type ImageDetections } from '../../ops/postprocess.ts';
import { RETINANET_STRIDES } from '../feature-maps.ts';

/** What there is to know of a RetinaNet to choose its boxes: part of `RetinaNetConfig`. */
export interface DenseChoiceConfig extends AnchorConfig {
  readonly num_classes: number;
  readonly size_divisible: number;
  readonly score_thresh: number;
  readonly nms_thresh: number;
  readonly detections_per_img: number;
  readonly topk_candidates: number;
  readonly clip_boxes?: BoxClipping | undefined;
  readonly box_min_size?: number | undefined;
  readonly wh_ratio_clip?: RatioClip | undefined;
}

/**
 * RetinaNet in inference: one compiled network, and the choice of boxes by their values on the host (torchvision
 * `retinanet.py`). Runs in browsers too.
 */
export class RetinaNet {
  readonly #config: DenseChoiceConfig;
  readonly #program: Program;
  readonly #anchors: AnchorGenerator;

  constructor(config: DenseChoiceConfig, program: Program) {
    this.#config = config;
    this.#program = program;
    this.#anchors = AnchorGenerator.of(config, RETINANET_STRIDES);
  }

  /**
   * The objects in each image of a batch, in pixels of the original image, highest score first.
   *
   * @param images resized and normalized @param originals the size of each on disk
   * @param scoreThresh only scores above it are returned
   */
  async detect(
    images: readonly PreparedImage[],
    originals: readonly ImageSize[],
    scoreThresh = this.#config.score_thresh,
    choice: BoxChoice = {},
  ): Promise<ImageDetections[]> {
    const { detections_per_img, nms_thresh, num_classes, size_divisible, topk_candidates } = this.#config;
    const { box_min_size, clip_boxes, wh_ratio_clip } = this.#config;
    const list = batchImages(images, size_divisible);
    const outputs = await this.#program.run({ image: { shape: list.shape, data: list.data } });
    try {
      const levels = await Promise.all(
        this.#config.anchor_sizes.map(async (_, level): Promise<DenseLevel> => {
          const logits = outputs[`logits${level}`];
          const [, height, width] = logits.shape;
          return { height, width, logits: await floats(logits), deltas: await floats(outputs[`deltas${level}`]) };
        }),
      );
      const options = {
        scoreThresh,
        numClasses: num_classes,
        topkCandidates: topk_candidates,
        nmsThresh: choice.nmsThresh ?? nms_thresh,
        detectionsPerImage: suppressedTo(choice, detections_per_img),
        clipBoxes: clip_boxes,
        minSize: box_min_size,
        whRatioClip: wh_ratio_clip,
        groupOf: choice.groupOf,
      };
      return list.sizes.map((resized, image) => {
        const outputs = { levels, anchors: this.#anchors, padded: list.padded, image };
        const found = chooseDetections(outputs, resized, originals[image], options);
        const rows = choice.keep?.(found, image).subarray(0, choice.detectionsPerImage ?? detections_per_img);
        return rows ? detectionsAt(found, rows) : found;
      });
    } finally {
      for (const tensor of Object.values(outputs)) tensor.dispose();
    }
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

const floats = async (tensor: EngineTensor) => finiteOutputs((await tensor.data()) as Float32Array);
