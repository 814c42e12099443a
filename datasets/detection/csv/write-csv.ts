import { formatCsv } from '../../../io/csv.ts';
import { writeWholeFile } from '../../../io/whole-file.ts';
import type { CocoDataset } from '../coco/coco-format.ts';

const COLUMNS = ['file', 'width', 'height', 'label', 'score', 'x', 'y', 'box_width', 'box_height'];

/**
 * Writes a row for each object: the image's file and size, the category's name, the score, and the box in pixels. An
 * image without objects has no row. Names that a spreadsheet would run are marked as texts (`formatCsv`).
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the file cannot be written
 */
export async function writeCsv(path: string, { annotations, categories, images }: CocoDataset): Promise<void> {
  const byId = new Map(images.map((image) => [image.id, image]));
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  const rows = annotations.map(({ bbox, category_id, image_id, score }) => {
    const { file_name, height, width } = byId.get(image_id)!;
    return [file_name, width, height, names.get(category_id) ?? category_id, score ?? null, ...bbox];
  });
  await writeWholeFile(path, formatCsv([COLUMNS, ...rows]));
}
