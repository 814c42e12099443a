import type { CocoAnnotation } from './coco/coco-format.ts';
import { type DetectionFormat, formats } from './formats.ts';

/**
 * What is left of annotations in a format.
 *
 * @param polygons whether YOLO gets polygons
 * @returns the number of annotations that it stores, and what it cannot store, such as `12 masks`
 */
export function storedOf(
  format: DetectionFormat,
  annotations: readonly CocoAnnotation[],
  polygons = false,
): { readonly annotations: number; readonly lost: readonly string[] } {
  const { lost, omits } = formats[format];
  return {
    annotations: annotations.length - (omits ? annotations.filter(omits).length : 0),
    lost: lost(polygons ? annotations.map(({ segmentation, ...rest }) => rest) : annotations),
  };
}
