import type { FileHandle } from 'node:fs/promises';
import { FileWindow } from '../file-window.ts';
import { OrientationTags } from '../orientation-tags.ts';
import { CHUNK_HEAD, chunkHead, PngChunks, type PngHeader, SIGNATURE_LENGTH } from './png-header.ts';
import type { CompressedRows } from './png-lines.ts';

/** A PNG file whose pixels stay in the file until they are asked for. */
export interface PngFile {
  readonly header: PngHeader;
  readonly rows: CompressedRows;
}

/** A longer chunk beside the pixels is passed over: no camera writes such tags. */
const MAX_CHUNK_BYTES = 1 << 24;
const READ_BYTES = 1 << 20;

/** Chunks that decide what the pixels are. */
const isNeeded = (type: string): boolean => type === 'IHDR' || type === 'PLTE' || OrientationTags.concernsChunk(type);

/**
 * Walks the chunks of a PNG file, which stays open while its rows are read.
 *
 * @throws Error with the reason when the header is wrong
 */
export async function openPngFile(file: FileHandle): Promise<PngFile> {
  const chunks = new PngChunks();
  const window = new FileWindow(file);
  const { size } = await file.stat();
  const places: { readonly at: number; readonly length: number }[] = [];
  for (let at = SIGNATURE_LENGTH; ; ) {
    chunks.count();
    const head = chunkHead(await window.read(at, CHUNK_HEAD));
    if (!head || at + head.length > size) break;
    const { length, type } = head;
    if (type === 'IDAT') places.push({ at: at + CHUNK_HEAD, length: length - CHUNK_HEAD - 4 });
    else if (isNeeded(type) && length <= MAX_CHUNK_BYTES) chunks.take(type, await window.read(at, length));
    at += length;
  }
  const bytes = places.reduce((sum, { length }) => sum + length, 0);
  return { header: chunks.whole(), rows: { bytes, parts: () => partsOf(file, places) } };
}

async function* partsOf(file: FileHandle, places: readonly { readonly at: number; readonly length: number }[]) {
  for (const { at, length } of places) {
    for (let done = 0; done < length; ) {
      const buffer = new Uint8Array(Math.min(READ_BYTES, length - done));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at + done);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      done += bytesRead;
    }
  }
}
