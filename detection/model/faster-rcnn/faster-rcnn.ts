// N images, L levels, R proposals of an image, D objects found in it, K classes with the background.

import { finiteOutputs } from '../../../backbone/finite-outputs.ts';
import type { Rle } from '../../../datasets/masks/rle.ts';
import type { EngineTensor, Program, ProgramOutputs } from '../../../engine/engine.ts';
import type { HostTensor } from '../../../engine/host-tensor.ts';
import { type AnchorConfig, AnchorGenerator } from '../../ops/anchors.ts';
import { type BoxChoice, suppressedTo } from '../../ops/box-choice.ts';
import type { RatioClip } from '../../ops/box-coder.ts';
import { type Boxes, type ImageSize, resizeBoxes } from '../../ops/boxes.ts';
import { heatmapsToKeypoints, type Joint, type JointScore, resizeJoints } from '../../ops/heatmaps-to-keypoints.ts';
import { batchImages, type ImageList, type PreparedImage } from '../../ops/image-list.ts';
import { type RegionsByLevel, regionsByLevel } from '../../ops/level-mapper.ts';
import { type MaskPaste, pasteMask, pasteSampledMask } from '../../ops/paste-masks.ts';
import {
  type BoxDetections,
  detectionsAt,
  type ImageDetections,
  postprocessDetections,
} from '../../ops/postprocess.ts';
import { filterProposals, type Proposals } from '../../ops/proposals.ts';
import { type FeatureMaps, stridesOf } from '../feature-maps.ts';
import type { HeadName } from './region-heads.ts';

/** What there is to know of a detector to choose its boxes: those of `DetectorConfig`. */
export interface BoxChoiceConfig extends AnchorConfig {
  readonly feature_maps: FeatureMaps;
  readonly num_classes: number;
  readonly size_divisible: number;
  readonly rpn_pre_nms_top_n_test: number;
  readonly rpn_post_nms_top_n_test: number;
  readonly rpn_nms_thresh: number;
  readonly rpn_score_thresh: number;
  readonly rpn_min_size?: number | undefined;
  readonly box_score_thresh: number;
  readonly box_nms_thresh: number;
  readonly box_detections_per_img: number;
  readonly box_min_size?: number | undefined;
  readonly wh_ratio_clip?: RatioClip | undefined;
  readonly mask_paste?: MaskPaste | undefined;
  readonly keypoint_scores?: JointScore | undefined;
}

/** Its compiled parts, wherever they run: that of the boxes always, those of further heads where there are any. */
export type FasterRcnnPrograms = { readonly proposals: Program } & {
  readonly [head in HeadName]?: Program | undefined;
};

/** A batch between its proposals and its results. */
interface Batch {
  readonly list: ImageList;
  readonly originals: readonly ImageSize[];
  /** What the first program gave. */
  readonly features: ProgramOutputs;
}

/**
 * Faster R-CNN in inference: compiled parts, and between and after them the choice of boxes by their values, on the host
 * (torchvision `generalized_rcnn.py`). Further heads look at the boxes that are chosen. Runs in browsers too.
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
    this.#anchors = AnchorGenerator.of(config, stridesOf(config.feature_maps));
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
    choice: BoxChoice = {},
  ): Promise<ImageDetections[]> {
    const list = batchImages(images, this.#config.size_divisible);
    const features = await this.#programs.proposals.run({ image: { shape: list.shape, data: list.data } });
    try {
      const batch = { list, originals, features };
      const proposals = await this.#propose(batch);
      const classified = await this.#classify(batch, proposals, scoreThresh, choice);
      const found = choice.keep ? this.#chosen(batch, classified, choice.keep, choice) : classified;
      const inOriginal = boxesInOriginal(batch, found);
      const masks = await this.#findMasks(batch, found, inOriginal);
      const keypoints = await this.#findKeypoints(batch, found);
      return found.map(({ labels, scores }, image) => ({
        ...{ labels, scores, boxes: inOriginal[image] },
        ...(masks && { masks: masks[image] }),
        ...(keypoints && { keypoints: keypoints[image] }),
      }));
    } finally {
      disposeAll(features);
    }
  }

  async dispose(): Promise<void> {
    for (const program of Object.values(this.#programs)) await program?.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #propose({ features: outputs, list: { padded, sizes } }: Batch): Promise<Proposals[]> {
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
      minSize: this.#config.rpn_min_size,
      whRatioClip: this.#config.wh_ratio_clip,
    });
  }

  /** The boxes that a caller keeps, and the best of them, so that further heads look at no others. */
  #chosen(
    batch: Batch,
    found: readonly BoxDetections[],
    keep: NonNullable<BoxChoice['keep']>,
    { detectionsPerImage = this.#config.box_detections_per_img }: BoxChoice,
  ): BoxDetections[] {
    return boxesInOriginal(batch, found).map((boxes, image) => {
      const rows = keep({ ...found[image], boxes }, image);
      return detectionsAt(found[image], rows.subarray(0, detectionsPerImage));
    });
  }

  async #classify(
    batch: Batch,
    proposals: readonly Proposals[],
    scoreThresh: number,
    choice: BoxChoice,
  ): Promise<BoxDetections[]> {
    const allBoxes = proposals.map(({ boxes }) => boxes);
    return await this.#onRegions(batch, 'boxes', allBoxes, async (outputs, regions) => {
      const [logits, deltas] = [await floats(outputs.logits), await floats(outputs.deltas)];
      const { box_detections_per_img, box_nms_thresh, num_classes } = this.#config;
      const { groupOf, nmsThresh = box_nms_thresh } = choice;
      const detectionsPerImage = suppressedTo(choice, box_detections_per_img);
      const { box_min_size: minSize, wh_ratio_clip: whRatioClip } = this.#config;
      const options = { scoreThresh, nmsThresh, detectionsPerImage, minSize, whRatioClip, groupOf };
      return rowsOfImages(allBoxes, regions).map((rows, image) => {
        const head = {
          proposals: allBoxes[image],
          classLogits: gatherRows(logits, rows, num_classes),
          boxDeltas: gatherRows(deltas, rows, 4 * num_classes),
        };
        return postprocessDetections(head, batch.list.sizes[image], options);
      });
    });
  }

  /** The masks of each image's objects: the channel of an object's own class, pasted into the original image. */
  async #findMasks(
    batch: Batch,
    found: readonly BoxDetections[],
    inOriginal: readonly Boxes[],
  ): Promise<Rle[][] | undefined> {
    if (!this.#programs.masks) return undefined;
    const allBoxes = found.map(({ boxes }) => boxes);
    return await this.#onRegions(batch, 'masks', allBoxes, async ({ masks }, regions) => {
      const [logits, side, classes] = [await floats(masks), masks.shape[1], masks.shape[3]];
      return rowsOfImages(allBoxes, regions).map((rows, image) => {
        const boxes = inOriginal[image];
        return Array.from(rows, (row, i) => {
          const first = row * side * side * classes + found[image].labels[i];
          const logit = (cell: number) => logits[first + cell * classes];
          const probabilities = Float32Array.from(
            { length: side * side },
            (_, cell) => 1 / (1 + Math.exp(-logit(cell))),
          );
          const paste = this.#config.mask_paste === 'grid_sample' ? pasteSampledMask : pasteMask;
          return paste({ probabilities, box: boxOf(boxes, i) }, side, batch.originals[image]);
        });
      });
    });
  }

  /** The joints of each image's objects. */
  async #findKeypoints(batch: Batch, found: readonly BoxDetections[]): Promise<Joint[][][] | undefined> {
    if (!this.#programs.keypoints) return undefined;
    const allBoxes = found.map(({ boxes }) => boxes);
    return await this.#onRegions(batch, 'keypoints', allBoxes, async ({ heatmaps }, regions) => {
      const [logits, side, joints] = [await floats(heatmaps), heatmaps.shape[1], heatmaps.shape[3]];
      return rowsOfImages(allBoxes, regions).map((rows, image) =>
        Array.from(rows, (row, i) => {
          const maps = channelsFirst(
            logits.subarray(row * side * side * joints, (row + 1) * side * side * joints),
            joints,
          );
          const boxMaps = { heatmaps: maps, box: boxOf(allBoxes[image], i) };
          const found = heatmapsToKeypoints(boxMaps, side, this.#config.keypoint_scores);
          return resizeJoints(found, batch.list.sizes[image], batch.originals[image]);
        }),
      );
    });
  }

  /** Runs a head on regions of the batch, `[R, 4]` of each image in pixels of the resized one, and frees its outputs. */
  async #onRegions<Result>(
    { features, list }: Batch,
    head: HeadName,
    boxes: readonly Boxes[],
    read: (outputs: ProgramOutputs, regions: RegionsByLevel) => Promise<Result>,
  ): Promise<Result> {
    const regions = regionsByLevel(boxes, this.#strides, list, this.#config.measured_strides);
    const inputs: Record<string, HostTensor | EngineTensor> = {};
    regions.levels.forEach((data, level) => {
      inputs[`feature${level}`] = features[`feature${level}`];
      inputs[`regions${level}`] = { shape: [data.length / 5, 5], data };
    });
    const outputs = await this.#programs[head]!.run(inputs);
    try {
      return await read(outputs, regions);
    } finally {
      disposeAll(outputs);
    }
  }
}

/** Boxes in pixels of the images as they were before they were resized. */
const boxesInOriginal = ({ list, originals }: Batch, found: readonly BoxDetections[]): Boxes[] =>
  // Resizing is done in place.
  found.map(({ boxes }, i) => resizeBoxes(boxes.slice(), list.sizes[i], originals[i]));

const floats = async (tensor: EngineTensor) => finiteOutputs((await tensor.data()) as Float32Array);

/** Of each image's regions, the rows that a head's outputs have them in. */
function rowsOfImages(boxes: readonly Boxes[], { rank }: RegionsByLevel): Int32Array[] {
  let first = 0;
  return boxes.map(({ length }) => {
    const rows = rank.subarray(first, first + length / 4);
    first += rows.length;
    return rows;
  });
}

function boxOf(boxes: Boxes, row: number): [number, number, number, number] {
  const [x1, y1, x2, y2] = boxes.subarray(4 * row, 4 * row + 4);
  return [x1, y1, x2, y2];
}

/** `[S, S, J]` to `[J, S, S]`. */
function channelsFirst(maps: Float32Array, joints: number): Float32Array {
  const cells = maps.length / joints;
  const turned = new Float32Array(maps.length);
  for (let joint = 0, at = 0; joint < joints; joint++) {
    for (let cell = 0; cell < cells; cell++) turned[at++] = maps[cell * joints + joint];
  }
  return turned;
}

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
