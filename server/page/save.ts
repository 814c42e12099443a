import { boxLabel } from '../../datasets/draw/box-label.ts';
import { categoryPaint } from '../../datasets/draw/palette.ts';
import type { DetectionRecord } from '../../detection/results/detection-record.ts';
import type { Category } from './ask.ts';
import { isDrawn } from './layers.ts';
import { outlinePath, skeletonStrokes } from './shapes.ts';

function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const stem = (name: string): string => name.replace(/\.[^.]*$/, '');

export function saveJson(results: unknown, name: string): void {
  download(new Blob([`${JSON.stringify(results, null, 2)}\n`], { type: 'application/json' }), `${stem(name)}.json`);
}

/** Saves the image in its own size with the shown objects, as PNG. */
export async function savePicture(
  photo: HTMLImageElement,
  objects: readonly DetectionRecord[],
  categoryOf: (object: DetectionRecord) => Category,
  name: string,
): Promise<void> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [photo.naturalWidth, photo.naturalHeight];
  const context = canvas.getContext('2d')!;
  context.drawImage(photo, 0, 0);
  const unit = Math.max(1, Math.max(canvas.width, canvas.height) / 640);
  // Layer by layer, and all lines first, so that none runs through a label.
  const [masks, boxes, skeletons] = (['masks', 'boxes', 'keypoints'] as const).map((layer) =>
    isDrawn(layer) ? objects.toReversed() : [],
  );
  for (const object of masks) drawMask(context, object, unit);
  context.lineWidth = 2.5 * unit;
  for (const { bbox, category_id } of boxes) {
    [context.strokeStyle] = categoryPaint(category_id);
    context.strokeRect(...bbox);
  }
  for (const object of skeletons) drawSkeleton(context, object, categoryOf(object), unit);
  context.font = `600 ${13 * unit}px system-ui, sans-serif`;
  for (const { bbox, category_id, label, score } of boxes) {
    const [[x, y, , height], text, [fill, ink]] = [bbox, boxLabel(label, score), categoryPaint(category_id)];
    const tag = { width: context.measureText(text).width + 10 * unit, height: 20 * unit };
    const left = Math.max(0, Math.min(x, canvas.width - tag.width));
    const top = Math.max(0, y >= tag.height ? y - tag.height : Math.min(y, y + height - tag.height));
    context.fillStyle = fill;
    context.fillRect(left, top, tag.width, tag.height);
    context.fillStyle = ink;
    context.fillText(text, left + 5 * unit, top + 15 * unit);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob) download(blob, `${stem(name)}-detected.png`);
}

function drawMask(context: CanvasRenderingContext2D, object: DetectionRecord, unit: number): void {
  const path = new Path2D(outlinePath(object));
  const [color] = categoryPaint(object.category_id);
  context.fillStyle = color;
  context.globalAlpha = 0.4;
  context.fill(path, 'evenodd');
  context.globalAlpha = 1;
  context.strokeStyle = color;
  context.lineWidth = 2 * unit;
  context.lineJoin = 'round';
  context.stroke(path);
  context.lineJoin = 'miter';
}

function drawSkeleton(
  context: CanvasRenderingContext2D,
  object: DetectionRecord,
  category: Category,
  unit: number,
): void {
  const [fill] = categoryPaint(object.category_id);
  context.lineCap = 'round';
  for (const { color, opacity, path, width } of skeletonStrokes(object, category, fill)) {
    context.globalAlpha = opacity;
    context.strokeStyle = color;
    context.lineWidth = width * unit;
    context.stroke(new Path2D(path));
  }
  context.globalAlpha = 1;
}
