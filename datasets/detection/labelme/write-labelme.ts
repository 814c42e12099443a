import { posix } from 'node:path';
import type { CocoAnnotation, CocoCategory, CocoDataset } from '../coco/coco-format.ts';
import { pointsOf, polygonsOf } from '../coco/points.ts';
import { portablePath } from '../file-finder.ts';
import { annotationStems, byImage, OutputFolder } from '../output-folder.ts';

/** The version of labelme whose files these are like. */
const VERSION = '5.5.0';

/** A shape of labelme's files. What labelme does not know, such as a score, it keeps. */
interface Shape {
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
  readonly group_id: number | null;
  readonly description: string;
  readonly shape_type: 'rectangle' | 'polygon' | 'point';
  readonly flags: object;
  readonly mask: null;
  readonly score?: number;
}

/**
 * Writes labelme's files: `NAME.json` for each image, which is expected beside it. An object is a rectangle or, with
 * polygons, these; its keypoints are points of the same group.
 *
 * @throws ResnetCocoError BAD_DATASET when two images would share a file
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written
 */
export async function writeLabelme(folder: string, dataset: CocoDataset): Promise<void> {
  const out = new OutputFolder(folder);
  const stems = annotationStems(dataset.images.map(({ file_name }) => file_name));
  const categories = new Map(dataset.categories.map((category) => [category.id, category]));
  const annotations = byImage(dataset);
  for (const [index, { file_name, height, id, width }] of dataset.images.entries()) {
    const shapes = (annotations.get(id) ?? []).flatMap((annotation, group) =>
      shapesOf(annotation, categories.get(annotation.category_id)!, group + 1),
    );
    const content = {
      ...{ version: VERSION, flags: {}, shapes },
      imagePath: posix.basename(portablePath(file_name)),
      ...{ imageData: null, imageHeight: height, imageWidth: width },
    };
    await out.put(`${stems[index]}.json`, `${JSON.stringify(content, null, 2)}\n`);
  }
}

function shapesOf(
  { bbox, keypoints = [], score, segmentation }: CocoAnnotation,
  category: CocoCategory,
  group: number,
) {
  const polygons = polygonsOf(segmentation);
  const joints = pointsOf(keypoints, 3);
  const isGrouped = polygons.length > 1 || joints.length > 0;
  const shape = (label: string, shape_type: Shape['shape_type'], points: Shape['points']): Shape => ({
    ...{ label, points, group_id: isGrouped ? group : null, description: '', shape_type, flags: {}, mask: null },
    ...(score !== undefined && { score }),
  });
  const [x, y, width, height] = bbox;
  const corners = [
    [x, y],
    [x + width, y + height],
  ] as const;
  return [
    ...(polygons.length
      ? polygons.map((polygon) => shape(category.name, 'polygon', pointsOf(polygon, 2)))
      : [shape(category.name, 'rectangle', corners)]),
    ...joints.flatMap((point, i) =>
      keypoints[3 * i + 2] > 0 ? [shape(category.keypoints?.[i] ?? `keypoint ${i + 1}`, 'point', [point])] : [],
    ),
  ];
}
