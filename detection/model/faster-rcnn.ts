// N images, L levels of the pyramid, R proposals of an image, K classes with the background.

import { finiteOutputs } from '../../backbone/finite-outputs.ts';
import type { EngineTensor, Program, ProgramOutputs } from '../../engine/engine.ts';
import type { HostTensor } from '../../engine/host-tensor.ts';
import { AnchorGenerator } from '../ops/anchors.ts';
import type { ImageSize } from '../ops/boxes.ts';
import { batchImages, type ImageList, type PreparedImage } from '../ops/image-list.ts';
import { regionsByLevel } from '../ops/level-mapper.ts';
import { type ImageDetections, postprocessDetections } from '../ops/postprocess.ts';
import { filterProposals, type Proposals } from '../ops/proposals.ts';

/** What there is to know of a detector to choose its boxes: those of `DetectorConfig`. */
export interface BoxChoiceConfig {
  readonly anchor_sizes: readonly (readonly number[])[];
  readonly aspect_ratios: readonly number[];
  readonly num_classes: number;
  readonly size_divisible: number;
  readonly rpn_pre_nms_top_n_test: number;
  readonly rpn_post_nms_top_n_test: number;
  readonly rpn_nms_thresh: number;
  readonly rpn_score_thresh: number;
  readonly box_score_thresh: number;
  readonly box_nms_thresh: number;
  readonly box_detections_per_img: number;
}

/** Its two compiled halves, wherever they run. */
export interface FasterRcnnPrograms {
  readonly proposals: Program;
  readonly boxes: Program;
}

/**
 * Faster R-CNN in inference: two compiled halves, and between and after them the choice of boxes by their values, on the
 * host (torchvision `generalized_rcnn.py`). Runs in browsers too.
 */
export class FasterRcnn {
  readonly #config: BoxChoiceConfig;
  readonly #programs: FasterRcnnPrograms;
  readonly #anchors: AnchorGenerator;
  readonly #strides: readonly number[];

  /** @param strides pixels of the image to a cell of each level but the last, from the finest on */
  constructor(config: BoxChoiceConfig, programs: FasterRcnnPrograms, strides: readonly number[]) {
    this.#config = config;
    this.#programs = programs;
    this.#anchors = new AnchorGenerator(
      config.anchor_sizes,
      config.anchor_sizes.map(() => config.aspect_ratios),
    );
    this.#strides = strides;
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
    scoreThresh = this.#config.box_score_thresh,
  ): Promise<ImageDetections[]> {
    const list = batchImages(images, this.#config.size_divisible);
    const firstHalf = await this.#programs.proposals.run({ image: { shape: list.shape, data: list.data } });
    try {
      const proposals = await this.#propose(firstHalf, list);
      return await this.#classify(firstHalf, list, proposals, originals, scoreThresh);
    } finally {
      disposeAll(firstHalf);
    }
  }

  async dispose(): Promise<void> {
    await this.#programs.proposals.dispose();
    await this.#programs.boxes.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #propose(outputs: ProgramOutputs, { padded, sizes }: ImageList): Promise<Proposals[]> {
    const levels = await Promise.all(
      this.#config.anchor_sizes.map(async (_, level) => {
        const objectness = outputs[`objectness${level}`];
        const [, height, width] = objectness.shape;
        return { height, width, logits: await floats(objectness), deltas: await floats(outputs[`deltas${level}`]) };
      }),
    );
    return filterProposals(levels, this.#anchors, padded, sizes, {
      preNmsTopN: this.#config.rpn_pre_nms_top_n_test,
      postNmsTopN: this.#config.rpn_post_nms_top_n_test,
      nmsThresh: this.#config.rpn_nms_thresh,
      scoreThresh: this.#config.rpn_score_thresh,
    });
  }

  async #classify(
    firstHalf: ProgramOutputs,
    list: ImageList,
    proposals: readonly Proposals[],
    originals: readonly ImageSize[],
    scoreThresh: number,
  ): Promise<ImageDetections[]> {
    const regions = regionsByLevel(
      proposals.map(({ boxes }) => boxes),
      this.#strides,
      list,
    );
    const inputs: Record<string, HostTensor | EngineTensor> = {};
    regions.levels.forEach((data, level) => {
      inputs[`feature${level}`] = firstHalf[`feature${level}`];
      inputs[`regions${level}`] = { shape: [data.length / 5, 5], data };
    });
    const outputs = await this.#programs.boxes.run(inputs);
    try {
      const [logits, deltas] = [await floats(outputs.logits), await floats(outputs.deltas)];
      const { box_nms_thresh: nmsThresh, box_detections_per_img: detectionsPerImage, num_classes } = this.#config;
      let first = 0;
      return proposals.map(({ boxes }, image) => {
        const rows = regions.rank.subarray(first, first + boxes.length / 4);
        first += rows.length;
        const head = {
          proposals: boxes,
          classLogits: gatherRows(logits, rows, num_classes),
          boxDeltas: gatherRows(deltas, rows, 4 * num_classes),
        };
        const options = { scoreThresh, nmsThresh, detectionsPerImage };
        return postprocessDetections(head, list.sizes[image], originals[image], options);
      });
    } finally {
      disposeAll(outputs);
    }
  }
}

const floats = async (tensor: EngineTensor) => finiteOutputs((await tensor.data()) as Float32Array);

function gatherRows(rows: Float32Array, indices: Int32Array, width: number): Float32Array {
  const gathered = new Float32Array(indices.length * width);
  indices.forEach((row, i) => {
    gathered.set(rows.subarray(row * width, (row + 1) * width), i * width);
  });
  return gathered;
}

function disposeAll(outputs: ProgramOutputs): void {
  for (const tensor of Object.values(outputs)) tensor.dispose();
}
