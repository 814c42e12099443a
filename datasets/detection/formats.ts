import { closeSync } from 'node:fs';
import { ResnetCocoError } from '../../errors.ts';
import { isFolder, openFile, readAt, unreadable } from '../../io/regular-file.ts';
import { coco } from './coco/coco.ts';
import type { DatasetFormat } from './dataset-format.ts';
import { listFiles } from './file-finder.ts';
import { voc } from './voc/voc.ts';
import { yolo } from './yolo/yolo.ts';

/** All formats of detection data sets. When a folder could be of several, the first one wins. */
const table = { voc, yolo, coco };

/** A format of detection data sets. */
export type DetectionFormat = keyof typeof table;

export const formats: Readonly<Record<DetectionFormat, DatasetFormat>> = table;

/** The formats of detection data sets. */
export const detectionFormats = (Object.keys(table) as DetectionFormat[]).sort();

/**
 * Detects a data set's format from its files.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such path
 * @throws ResnetCocoError BAD_DATASET when it is none of the formats
 */
export async function tellFormat(path: string): Promise<DetectionFormat> {
  const entries = Object.entries(formats) as [DetectionFormat, DatasetFormat][];
  if (isFolder(path)) return await tellFolder(path, entries);
  const start = firstCharacter(path);
  const ending = /\.(\w+)$/.exec(path)?.[1].toLowerCase() ?? '';
  const [match] =
    entries.find(([, { fileEndings }]) => fileEndings.includes(ending)) ??
    entries.find(([, { fileStarts }]) => fileStarts?.includes(start)) ??
    [];
  if (match) return match;
  const hint = start === '<' ? '; of Pascal VOC, name the folder of XML files' : '';
  throw new ResnetCocoError('BAD_DATASET', `${path}: neither COCO's JSON nor YOLO's data.yaml${hint}`);
}

async function tellFolder(
  folder: string,
  entries: readonly (readonly [DetectionFormat, DatasetFormat])[],
): Promise<DetectionFormat> {
  for (const [format, { hasLayout }] of entries) if (await hasLayout?.(folder)) return format;
  const endings = entries.flatMap(([, { ending }]) => ending ?? []);
  const names = await listFiles(folder, endings, 'subfolders');
  const has = (ending: string | undefined) =>
    ending !== undefined && names.some((name) => name.toLowerCase().endsWith(`.${ending}`));
  const [match] = entries.find(([, { ending }]) => has(ending)) ?? [];
  if (match) return match;
  const kinds = detectionFormats.map((format) => formats[format].looksFor);
  throw new ResnetCocoError(
    'BAD_DATASET',
    `${folder}: no data set for detection; looked for ${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`,
  );
}

/** What a folder has in other formats than the one that it was taken for: files, at least one of each format. */
export async function othersIn(
  folder: string,
  format: DetectionFormat,
): Promise<{ readonly format: DetectionFormat; readonly files: readonly string[] }[]> {
  const others = detectionFormats.filter((other) => other !== format);
  const found = await Promise.all(
    others.map(async (other) => ({ format: other, files: await formats[other].filesIn(folder) })),
  );
  return found.filter(({ files }) => files.length > 0);
}

function firstCharacter(path: string): string {
  const { descriptor } = openFile(path, 'file or folder');
  try {
    const bytes = Buffer.alloc(64);
    const start = bytes.toString('utf8', 0, readAt(descriptor, bytes, 0));
    return start.replace(/^\uFEFF/, '').trim()[0] ?? '';
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    closeSync(descriptor);
  }
}
