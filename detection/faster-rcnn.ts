// N images, L levels of the pyramid, R proposals of an image, K classes with the background.
import type { Engine, EngineTensor, HostTensor, Program, ProgramOutputs, Weights } from '../engine/index.ts';
import { AnchorGenerator } from './anchors.ts';
import type { ImageSize } from './boxes.ts';
import type { DetectorConfig } from './detector-config.ts';
import { boxProgram, proposalProgram } from './faster-rcnn-graphs.ts';
import { planFasterRcnn } from './faster-rcnn-plan.ts';
import { batchImages, type ImageList, type PreparedImage } from './image-list.ts';
import { regionsByLevel } from './level-mapper.ts';
import { type ImageDetections, postprocessDetections } from './postprocess.ts';
import { filterProposals, type Proposals } from './proposals.ts';

/**
 * Faster R-CNN in inference: two compiled halves, and between and after them the choice of boxes by their values, on the
 * host (torchvision `generalized_rcnn.py`).
 */
export class FasterRcnn {
  readonly config: DetectorConfig;
  private readonly proposals: Program;
  private readonly boxes: Program;
  private readonly anchors: AnchorGenerator;
  private readonly strides: readonly number[];

  private constructor(config: DetectorConfig, proposals: Program, boxes: Program) {
    this.config = config;
    this.proposals = proposals;
    this.boxes = boxes;
    this.anchors = new AnchorGenerator(
      config.anchor_sizes,
      config.anchor_sizes.map(() => config.aspect_ratios),
    );
    this.strides = planFasterRcnn(config).body.strides;
  }

  static async compile(engine: Engine, config: DetectorConfig, weights: Weights): Promise<FasterRcnn> {
    const proposals = await engine.compile(proposalProgram(config, weights));
    return new FasterRcnn(config, proposals, await engine.compile(boxProgram(config, weights)));
  }

  /**
   * The objects in each image of a batch, in pixels of the original image, highest score first.
   *
   * @param images resized and normalised @param originals the size of each on disk
   * @param scoreThresh only scores above it are returned
   */
  async detect(
    images: readonly PreparedImage[],
    originals: readonly ImageSize[],
    scoreThresh = this.config.box_score_thresh,
  ): Promise<ImageDetections[]> {
    const list = batchImages(images, this.config.size_divisible);
    const firstHalf = await this.proposals.run({ image: { shape: list.shape, data: list.data } });
    try {
      const proposals = await this.propose(firstHalf, list);
      return await this.classify(firstHalf, list, proposals, originals, scoreThresh);
    } finally {
      disposeAll(firstHalf);
    }
  }

  async dispose(): Promise<void> {
    await this.proposals.dispose();
    await this.boxes.dispose();
  }

  private async propose(outputs: ProgramOutputs, { padded, sizes }: ImageList): Promise<Proposals[]> {
    const levels = await Promise.all(
      this.config.anchor_sizes.map(async (_, level) => {
        const objectness = outputs[`objectness${level}`];
        const [, height, width] = objectness.shape;
        return { height, width, logits: await floats(objectness), deltas: await floats(outputs[`deltas${level}`]) };
      }),
    );
    return filterProposals(levels, this.anchors, padded, sizes, {
      preNmsTopN: this.config.rpn_pre_nms_top_n_test,
      postNmsTopN: this.config.rpn_post_nms_top_n_test,
      nmsThresh: this.config.rpn_nms_thresh,
      scoreThresh: this.config.rpn_score_thresh,
    });
  }

  private async classify(
    firstHalf: ProgramOutputs,
    list: ImageList,
    proposals: readonly Proposals[],
    originals: readonly ImageSize[],
    scoreThresh: number,
  ): Promise<ImageDetections[]> {
    const regions = regionsByLevel(
      proposals.map(({ boxes }) => boxes),
      this.strides,
      list,
    );
    const inputs: Record<string, HostTensor | EngineTensor> = {};
    regions.levels.forEach((data, level) => {
      inputs[`feature${level}`] = firstHalf[`feature${level}`];
      inputs[`regions${level}`] = { shape: [data.length / 5, 5], data };
    });
    const outputs = await this.boxes.run(inputs);
    try {
      const [logits, deltas] = [await floats(outputs.logits), await floats(outputs.deltas)];
      const { box_nms_thresh: nmsThresh, box_detections_per_img: detectionsPerImage, num_classes } = this.config;
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

const floats = async (tensor: EngineTensor) => (await tensor.data()) as Float32Array;

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
