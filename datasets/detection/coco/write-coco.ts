import { WholeFile } from '../../../io/whole-file.ts';
import type { CocoDataset } from './coco-format.ts';

/** Text is written in pieces of about this many characters. */
const CHUNK = 1 << 20;

function* jsonOf(dataset: CocoDataset): Generator<string> {
  let separator = '{\n';
  for (const [field, value] of Object.entries(dataset) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(field)}: `;
    separator = ',\n';
    if (!Array.isArray(value)) {
      yield JSON.stringify(value);
      continue;
    }
    yield '[';
    for (const [index, item] of value.entries()) yield (index ? ',\n' : '\n') + JSON.stringify(item);
    yield value.length ? '\n]' : ']';
  }
  yield '\n}\n';
}

/**
 * Writes a COCO annotation file of any size, one object per line, whole or not at all.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when the file cannot be written; the signal's reason when aborted
 */
export async function writeCoco(path: string, dataset: CocoDataset, signal?: AbortSignal): Promise<void> {
  const file = await WholeFile.create(path);
  try {
    let text = '';
    for (const part of jsonOf(dataset)) {
      text += part;
      if (text.length < CHUNK) continue;
      signal?.throwIfAborted();
      await file.write(text);
      text = '';
    }
    await file.write(text);
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.commit();
}
