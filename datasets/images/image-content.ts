import { closeSync, openSync, readSync } from 'node:fs';
import { imageExtensions } from './image-extensions.ts';
import { sniffFormat } from './image-format.ts';

/** No extension, or one that only starts like an image's: `photo`, `photo.jpg_large`, `photo.png~`. */
const unusualName = new RegExp(`^[^.]+$|\\.(${imageExtensions.join('|')})[^a-z0-9.][^.]*$`, 'i');

/** Whether a regular file with an unusual name starts like an image. */
export function isImageByContent(path: string, name: string): boolean {
  if (!unusualName.test(name)) return false;
  const head = new Uint8Array(128);
  try {
    const file = openSync(path, 'r');
    try {
      return sniffFormat(head.subarray(0, readSync(file, head, 0, head.length, 0))) !== undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // a file that the user names gets an error
  }
}
