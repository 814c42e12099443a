import { boxLabel } from '../../datasets/draw/box-label.ts';
import { categoryPaint } from '../../datasets/draw/palette.ts';
import type { Detection } from '../../detection/results/name-detections.ts';

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
export async function savePicture(photo: HTMLImageElement, objects: readonly Detection[], name: string): Promise<void> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [photo.naturalWidth, photo.naturalHeight];
  const context = canvas.getContext('2d')!;
  context.drawImage(photo, 0, 0);
  const unit = Math.max(1, Math.max(canvas.width, canvas.height) / 640);
  context.lineWidth = 2.5 * unit;
  context.font = `600 ${13 * unit}px system-ui, sans-serif`;
  // All lines first, so that none runs through a label.
  for (const { bbox, category_id } of objects.toReversed()) {
    [context.strokeStyle] = categoryPaint(category_id);
    context.strokeRect(...bbox);
  }
  for (const { bbox, category_id, label, score } of objects.toReversed()) {
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
