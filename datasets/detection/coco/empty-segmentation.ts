import type { CocoSegmentation } from './coco-format.ts';

/**
 * Whether an object has no mask: its segmentation is missing, `null`, `[]` or `[[]]`, as tools write it for plain
 * boxes.
 */
export const isEmptySegmentation = (segmentation: CocoSegmentation | null | undefined): boolean =>
  segmentation == null ||
  (Array.isArray(segmentation) && segmentation.every((polygon) => Array.isArray(polygon) && !polygon.length));
