import type { AnnotationTable } from './annotation-table.ts';
import { listed, type MaskSizes, OddBoxes } from './oddities.ts';
import type { ResultContext, ResultKind } from './results.ts';

/** Results as they were read. */
interface ReadResults {
  readonly table: AnnotationTable;
  readonly kind: ResultKind | undefined;
  /** Masks of another size than their image. */
  readonly otherSizes: MaskSizes;
  /** What messages call them. */
  readonly where: string;
}

/** What does not count or matches nothing, in words, with counts. */
export function resultWarnings({ kind, otherSizes, table, where }: ReadResults, context: ResultContext): string[] {
  const { boxes, images, length } = table;
  const unknown = new Map<number, number>();
  const [negative, outside, fractions] = [new OddBoxes('negative'), new OddBoxes('outside'), new OddBoxes('fractions')];
  let [lastId, isKnown] = [Number.NaN, false];
  for (let row = 0; row < length; row++) {
    const image = context.images[images[row]];
    const at = 4 * row;
    const [x, y, width, height] = [boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]];
    if (width < 0 || height < 0) negative.add(placeOf(row, image));
    else if (kind === 'bbox') {
      if (x >= image.width || y >= image.height || x + width <= 0 || y + height <= 0) outside.add(placeOf(row, image));
      else if (areFractions(x, y, width, height) && Math.max(image.width, image.height) > 2) {
        fractions.add(placeOf(row, image));
      }
    }
    const id = table.categories[row];
    if (id !== lastId) [lastId, isKnown] = [id, context.categories.has(id)];
    if (!isKnown) unknown.set(id, (unknown.get(id) ?? 0) + 1);
  }
  const count = [...unknown.values()].reduce((sum, one) => sum + one, 0);
  const categories = unknown.size === 1 ? 'a category' : `${unknown.size} categories`;
  return [
    ...(count
      ? [
          `${where}: ${count} of ${length} are of ${categories} that the annotations do not have (${listed(unknown.keys())}); they do not count`,
        ]
      : []),
    ...otherSizes.warnings(where),
    ...negative.warnings(where),
    ...outside.warnings(where),
    ...fractions.warnings(where),
  ];
}

const placeOf = (row: number, { id }: ResultContext['images'][number]): string =>
  `results[${row}] of image ${JSON.stringify(id)}`;

/** Whether a box looks like fractions of the image; a box of the first pixel has whole numbers. */
const areFractions = (x: number, y: number, width: number, height: number): boolean =>
  x >= 0 && y >= 0 && x + width <= 1 && y + height <= 1 && !(Number.isInteger(width) && Number.isInteger(height));
