import { closeSync } from 'node:fs';
import { type ErrorCode, ResnetCocoError } from '../../errors.ts';
import { filePath, openFile, unreadable } from '../regular-file.ts';
import { JsonWindow } from './json-window.ts';
import { type JsonPart, PartReader, type TakeElement } from './part-reader.ts';

/**
 * Reads a JSON file of any size part by part. Of lists, in the outermost object or as the whole file, at most one batch
 * is text at a time. An empty list gives one part without items.
 *
 * @param file a path or a `file:` URL
 * @param code of errors in the file's content
 * @param take offered elements of a list; those that it takes are in no part
 * @param takenField the field of that list; undefined when the file itself is the list
 * @throws ResnetCocoError FILE_NOT_FOUND when there is no such file
 * @throws ResnetCocoError `code` when the content is wrong; names the place
 */
export function* readJsonParts(
  file: string | URL,
  code: ErrorCode = 'BAD_DATASET',
  take?: TakeElement,
  takenField?: string,
): Generator<JsonPart> {
  const path = filePath(file);
  const fail = (problem: string): never => {
    throw new ResnetCocoError(code, `${path}: ${problem}`);
  };
  const { descriptor } = openFile(path);
  try {
    yield* new PartReader(new JsonWindow(descriptor, fail), fail, take, takenField).parts();
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).syscall === 'read' ? unreadable(path, cause) : cause;
  } finally {
    closeSync(descriptor);
  }
}

/** The value of a JSON file of any size. Throws as `readJsonParts` does. */
export function readJsonFile(file: string | URL, code: ErrorCode = 'BAD_DATASET'): unknown {
  const fields: [string, unknown][] = [];
  const lists = new Map<string | undefined, unknown[]>();
  let whole: unknown;
  for (const part of readJsonParts(file, code)) {
    const { field } = part;
    if ('value' in part) {
      if (field === undefined) whole = part.value;
      else fields.push([field, part.value]);
      continue;
    }
    const { elements } = part;
    let list = elements.first === 0 ? undefined : lists.get(field);
    if (!list) {
      list = [];
      lists.set(field, list);
      if (field === undefined) whole = list;
      else fields.push([field, list]);
    }
    for (const item of elements.parse()) list.push(item);
  }
  return whole === undefined ? Object.fromEntries(fields) : whole;
}

/**
 * Whole numbers of sixteen or more digits in the elements of a file's lists, as written: `images[3].id` →
 * `9007199254740993`, which parsing rounds.
 */
export function longNumbers(file: string | URL): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>();
  for (const part of readJsonParts(file)) {
    if ('value' in part) continue;
    const { bytes, count, ends, first } = part.elements;
    for (let i = 0; i < count; i++) {
      const text = Buffer.from(bytes.subarray(i ? ends[i - 1] : 0, ends[i])).toString('utf8');
      for (const [, key, digits] of text.matchAll(/"([^"\\]+)"\s*:\s*(-?\d{16,})(?![.\deE])/g)) {
        numbers.set(`${part.field ?? ''}[${first + i}].${key}`, digits);
      }
    }
  }
  return numbers;
}
