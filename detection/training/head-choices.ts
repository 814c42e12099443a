import { type KeypointLayout, keypointLayout } from '../../datasets/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { labelsOf } from './labels.ts';
import type { AnnotatedImages } from './samples.ts';

/** The heads of a detector, as `heads` names them. */
export const detectorHeads = ['box', 'mask', 'keypoint'] as const;
export type DetectorHead = (typeof detectorHeads)[number];

/** Decided by `heads`. */
const HEADS = ['mask_head', 'keypoint_head'];

/** Settings but for those of heads. */
export const withoutHeads = (settings: object) =>
  Object.fromEntries(Object.entries(settings).filter(([field]) => !HEADS.includes(field)));

/** The heads' settings and the categories, with the names of keypoints where these are found. */
export function headSettings(
  { annotations, categories }: AnnotatedImages['dataset'],
  heads: readonly DetectorHead[] | undefined,
  { keypoint_head, mask_head }: Readonly<Record<string, unknown>>,
) {
  const unknown = heads?.find((head) => !detectorHeads.includes(head));
  if (unknown !== undefined || (heads && !heads.includes('box'))) {
    const is = unknown === undefined ? 'is without box' : `has ${unknown}`;
    throw new ResnetCocoError('USAGE', `\`heads\` are box and any of mask and keypoint, but ${is}`);
  }
  const has = (head: DetectorHead, settings: unknown) => heads?.includes(head) ?? settings !== undefined;
  const layout = has('keypoint', keypoint_head) ? layoutOf({ annotations, categories }) : undefined;
  const model = {
    ...labelsOf(categories, layout),
    ...(has('mask', mask_head) && { mask_head: mask_head ?? {} }),
    ...(layout && { keypoint_head: { ...(keypoint_head as object), num_keypoints: layout.names.length } }),
  };
  return { model, layout };
}

function layoutOf(dataset: Pick<AnnotatedImages['dataset'], 'annotations' | 'categories'>): KeypointLayout {
  const layout = keypointLayout(dataset);
  if (layout) return layout;
  const problem = 'the data set to train on has no object with keypoints';
  throw new ResnetCocoError('BAD_DATASET', `${problem}; leave keypoint out of \`heads\``);
}
