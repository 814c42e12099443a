import type { FasterRcnnConfig } from './faster-rcnn-config.ts';

/** The heads, by the names of their programs. */
export type HeadName = 'boxes' | 'masks' | 'keypoints';

/** All heads of a configuration, the boxes' first. */
export const headsOf = ({ keypoint_head, mask_head }: FasterRcnnConfig): HeadName[] => [
  'boxes',
  ...(mask_head ? (['masks'] as const) : []),
  ...(keypoint_head ? (['keypoints'] as const) : []),
];
