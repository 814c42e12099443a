// N images, S samples of all of them, K classes with the background, M × M of a mask or heatmap, J joints.
import type { EngineTensor, ProgramOutputs } from '../../engine/index.ts';
import type { HeadName } from '../model/faster-rcnn/region-heads.ts';
import { type Boxes, gatherBoxes } from '../ops/boxes.ts';
import { floats } from './accumulated-step.ts';
import { keypointLoss, keypointTarget } from './losses/keypoint-loss.ts';
import { maskLoss, maskTarget } from './losses/mask-loss.ts';
import { roiLoss } from './losses/roi-loss.ts';
import type { RoiTargets } from './roi-targets.ts';
import type { DetectorLosses, TrainingImage } from './training-batch.ts';

export type HeadLosses = Omit<DetectorLosses, 'loss_objectness' | 'loss_rpn_box_reg'>;

/** What one head is trained on in a batch. */
export interface HeadTask {
  readonly name: HeadName;
  /** The regions that it looks at, of each image. */
  readonly boxes: readonly Boxes[];
  /**
   * Its losses, and their gradients by its outputs.
   *
   * @param order output row i belongs to region `order[i]`, counted through the images
   */
  readonly lossOf: (
    outputs: ProgramOutputs,
    order: Int32Array,
  ) => Promise<{
    readonly losses: Partial<HeadLosses>;
    readonly gradients: Readonly<Record<string, Float32Array>>;
  }>;
}

/** What a head is trained on. @param targets the sampled proposals of each image */
export function headTask(name: HeadName, targets: readonly RoiTargets[], images: readonly TrainingImage[]): HeadTask {
  return { boxes: boxTask, masks: maskTask, keypoints: keypointTask }[name](targets, images);
}

type TaskOf = (targets: readonly RoiTargets[], images: readonly TrainingImage[]) => HeadTask;

const boxTask: TaskOf = (targets) => ({
  name: 'boxes',
  boxes: targets.map(({ boxes }) => boxes),
  lossOf: async ({ deltas, logits }, order) => {
    const labels = targets.flatMap((target) => [...target.labels]);
    const codes = Float32Array.from(targets.flatMap((target) => [...target.codes]));
    const { boxes, classifier, gradients } = roiLoss(
      await floats(logits),
      await floats(deltas),
      order.map((region) => labels[region]),
      gatherBoxes(codes, order),
    );
    return { losses: { loss_classifier: classifier, loss_box_reg: boxes }, gradients };
  },
});

/** A sample of an object that has what a head learns. */
interface Positive<Truth> {
  readonly image: number;
  readonly box: Boxes;
  readonly label: number;
  readonly truth: Truth;
}

/** Of each image's samples, those of objects that have it: others train the other heads only. */
const positivesOf = <Truth>(
  targets: readonly RoiTargets[],
  truthOf: (image: number, object: number) => Truth | undefined,
): Positive<Truth>[][] =>
  targets.map(({ boxes, labels, objects }, image) =>
    Array.from(objects).flatMap((object, row) => {
      const truth = object < 0 ? undefined : truthOf(image, object);
      return truth === undefined
        ? []
        : [{ image, box: boxes.subarray(4 * row, 4 * row + 4), label: labels[row], truth }];
    }),
  );

/** Compiled heads want a region. */
const ANY_REGION = Float32Array.of(0, 0, 1, 1);

function regionsOf<Truth>(positives: readonly (readonly Positive<Truth>[])[]): Boxes[] {
  const boxes = positives.map((ofImage) => Float32Array.from(ofImage.flatMap(({ box }) => [...box])));
  return boxes.some(({ length }) => length) ? boxes : boxes.map((none, image) => (image ? none : ANY_REGION));
}

/** No loss of a region that only stands in for none. */
const nothing = async (output: EngineTensor) => new Float32Array((await floats(output)).length);

const maskTask: TaskOf = (targets, images) => {
  const positives = positivesOf(targets, (image, object) => images[image].objects.masks?.[object]);
  const all = positives.flat();
  return {
    name: 'masks',
    boxes: regionsOf(positives),
    lossOf: async ({ masks }, order) => {
      if (!all.length) return { losses: { loss_mask: 0 }, gradients: { masks: await nothing(masks) } };
      const samples = Array.from(order, (region) => all[region]);
      const [, side] = masks.shape;
      const { gradient, mask } = maskLoss(
        await floats(masks),
        Int32Array.from(samples, ({ label }) => label),
        samples.map(({ box, image, truth }) => maskTarget(truth, box, side, images[image])),
      );
      return { losses: { loss_mask: mask }, gradients: { masks: gradient } };
    },
  };
};

const keypointTask: TaskOf = (targets, images) => {
  const positives = positivesOf(targets, (image, object) => images[image].objects.keypoints?.[object]);
  const all = positives.flat();
  return {
    name: 'keypoints',
    boxes: regionsOf(positives),
    lossOf: async ({ heatmaps }, order) => {
      if (!all.length) return { losses: { loss_keypoint: 0 }, gradients: { heatmaps: await nothing(heatmaps) } };
      const [, side] = heatmaps.shape;
      const { gradient, keypoints } = keypointLoss(
        await floats(heatmaps),
        Array.from(order, (region) => keypointTarget(all[region].truth, all[region].box, side)),
      );
      return { losses: { loss_keypoint: keypoints }, gradients: { heatmaps: gradient } };
    },
  };
};
