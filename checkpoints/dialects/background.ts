// K classes without the background.
import { cocoCategories } from '../../datasets/known/coco-categories.ts';
import { cocoKeypoints, cocoPerson } from '../../datasets/known/coco-keypoints.ts';
import { MOST } from '../../io/bounds.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { editLayer, range, rowsOfSize, withRows, withValues, ZEROS } from './tensor-edits.ts';

/** Whether it is a number of classes or of anchors that a network may have; shapes of a hostile file may say anything. */
const isCount = (value: number): boolean => Number.isInteger(value) && value > 0 && value <= MOST.classes;

/** No score of a box is that low: the class that stands for the background in the place of label 0. */
const NEVER = -100;

/** Before the classes of each anchor one that is never found: labels begin with 1 here. */
export function addBackgroundLogits(
  tensors: Map<string, StoredTensor>,
  layer: string,
  anchors: number,
  classes: number,
): void {
  if (!isCount(anchors) || !isCount(classes)) return;
  const rows = range(0, anchors).flatMap((anchor) => [ZEROS, ...range(anchor * classes, (anchor + 1) * classes)]);
  const places = range(0, anchors).map((anchor) => anchor * (classes + 1));
  editLayer(tensors, layer, (tensor, part) => {
    const widened = withRows(tensor, rows);
    return part === 'bias' ? withValues(widened, places, NEVER) : widened;
  });
}

/**
 * Puts the background first in the heads of an R-CNN, whose classes have it last, and whose boxes and masks do not have it.
 * A box or a mask for all classes becomes that of each.
 */
export function backgroundFirst(tensors: Map<string, StoredTensor>, classes: number): void {
  if (!isCount(classes)) return;
  const ofClasses = (rows: number, each: number) =>
    rows === each && classes > 1 ? range(0, classes + 1).map(() => 0) : [ZEROS, ...range(0, classes)];
  editLayer(tensors, 'roi_heads.box_predictor.cls_score', (tensor) =>
    withRows(tensor, [classes, ...range(0, classes)]),
  );
  editLayer(tensors, 'roi_heads.box_predictor.bbox_pred', (tensor) =>
    withRows(tensor, rowsOfSize(ofClasses(tensor.shape[0], 4), 4)),
  );
  editLayer(tensors, 'roi_heads.mask_predictor.mask_fcn_logits', (tensor) =>
    withRows(tensor, ofClasses(tensor.shape[0], 1)),
  );
}

/** Categories by labels from 1 on without gaps: COCO's, where there are as many. */
export function contiguousCategories(classes: number, joints?: number): readonly object[] {
  if (!isCount(classes)) return [];
  if (classes === cocoCategories.length) return cocoCategories.map(({ id, name }, i) => ({ id, name, label: i + 1 }));
  if (classes === 1 && joints === cocoKeypoints.length) return [cocoPerson];
  return range(1, classes + 1).map((id) => ({ id, name: `class ${id}` }));
}
