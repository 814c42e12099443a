import type { AnnotationTable, Similarity } from '../coco/annotation-table.ts';
import type { EvaluationRules } from './evaluation.ts';
import type { RowsLeftOut } from './groups.ts';

export const NONE_LEFT_OUT: RowsLeftOut = { isObjectLeftOut: () => false, isDetectionLeftOut: () => false };

/** COCO's rules: crowds are ignored, and so are objects without labeled keypoints where these are compared. */
export function standardRules(gt: AnnotationTable, similarity: Similarity, isKeypoints: boolean): EvaluationRules {
  const { crowds, keypointless } = gt;
  return {
    similarity,
    ...NONE_LEFT_OUT,
    isObjectIgnored: (row) => crowds[row] === 1 || (isKeypoints && keypointless[row] === 1),
    isCrowd: (row) => crowds[row] === 1,
    isDetectionIgnored: () => false,
  };
}
