import { annotatedPose, type Pose } from '../../datasets/draw/skeleton.ts';
import type { CocoBox, CocoSegmentation, ImageId } from '../../datasets/index.ts';
import { type AnnotationTable, boxOf } from '../coco/annotation-table.ts';
import type { COCOeval } from '../cocoeval/coco-eval.ts';
import { FALSE_ALARM, HIT, type Outcomes } from './outcomes.ts';

/** An object or detection of an image; its category is an index among the evaluated ones. */
export interface JudgedBox {
  readonly category: number;
  readonly bbox: CocoBox;
  /** Only for a detection. */
  readonly score?: number;
  /** Whether the object is found or the detection is right. */
  readonly right: boolean;
  /** What was compared, where that is masks. */
  readonly segmentation?: CocoSegmentation;
  /** What was compared, where that is keypoints. */
  readonly pose?: Pose;
}

/** An image and its errors: COCO's matching at IoU .5, with detections above a given score. */
export interface ImageErrors {
  readonly id: ImageId;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  /** Number of objects that count. */
  readonly objects: number;
  readonly missed: number;
  /** Number of detections without an object. */
  readonly falseAlarms: number;
  /** Objects that count, then detections; detections of ignored objects are left out. */
  readonly boxes: { readonly objects: readonly JudgedBox[]; readonly detections: readonly JudgedBox[] };
}

/** The images with the most missed objects and false detections together; images without errors are left out. */
export function worstImages(e: COCOeval, outcomes: Outcomes, score: number, count: number): ImageErrors[] {
  const { imgIds } = e.evaluationDone.params;
  const { detections, objects } = outcomes;
  const { scores } = e.cocoDt.table;
  const isFound = (object: number) => objects.detections[object] >= 0 && scores[objects.detections[object]] > score;
  const missed = new Float64Array(imgIds.length);
  const alarms = new Float64Array(imgIds.length);
  for (const [object, category] of objects.categories.entries()) {
    if (category >= 0 && !isFound(object)) missed[objects.images[object]]++;
  }
  for (const [row, verdict] of detections.verdicts.entries()) {
    if (verdict === FALSE_ALARM && scores[row] > score) alarms[detections.images[row]]++;
  }
  const worst = Array.from(imgIds.keys())
    .filter((image) => missed[image] + alarms[image] > 0)
    .sort((a, b) => missed[b] + alarms[b] - missed[a] - alarms[a])
    .slice(0, count);
  const boxes = new Map(worst.map((image) => [image, { objects: [] as JudgedBox[], detections: [] as JudgedBox[] }]));
  for (const [object, category] of objects.categories.entries()) {
    if (category < 0) continue;
    const bbox = boxOf(e.cocoGt.table, object);
    boxes.get(objects.images[object])?.objects.push({
      ...{ category, bbox, right: isFound(object) },
      ...comparedShape(e, e.cocoGt.table, object),
    });
  }
  for (const [row, verdict] of detections.verdicts.entries()) {
    if ((verdict !== HIT && verdict !== FALSE_ALARM) || scores[row] <= score) continue;
    const [category, bbox] = [detections.categories[row], boxOf(e.cocoDt.table, row)];
    boxes.get(detections.images[row])?.detections.push({
      ...{ category, bbox, score: scores[row], right: verdict === HIT },
      ...comparedShape(e, e.cocoDt.table, row),
    });
  }
  return worst.map((image) => {
    const { id, file_name, height, width } = e.cocoGt.imgs.get(imgIds[image])!;
    const inside = boxes.get(image)!;
    const counts = { objects: inside.objects.length, missed: missed[image], falseAlarms: alarms[image] };
    return { id, file_name, width, height, ...counts, boxes: inside };
  });
}

/** Every joint of a detection counts as visible, as COCO's evaluation takes it. */
const VISIBLE = 2;

function comparedShape(e: COCOeval, table: AnnotationTable, row: number): Pick<JudgedBox, 'segmentation' | 'pose'> {
  const { iouType } = e.evaluationDone.params;
  if (iouType === 'segm') {
    const segmentation = table.segmentations[row];
    return segmentation ? { segmentation } : {};
  }
  const keypoints = iouType === 'keypoints' ? table.keypoints[row] : undefined;
  if (!keypoints) return {};
  const isDetected = table === e.cocoDt.table;
  const all = isDetected ? keypoints.map((value, i) => (i % 3 === 2 ? VISIBLE : value)) : keypoints;
  return { pose: annotatedPose(all, e.cocoGt.cats.get(table.categories[row])) };
}
