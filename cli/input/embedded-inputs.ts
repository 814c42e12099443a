import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Classifier, LogitsOptions, Vectors } from '../../backbone/index.ts';
import { counted } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Inputs } from './inputs.ts';

/** The model's name as vectors store it: a file's or folder's whole path, so that it is found from other folders. */
export const modelOfVectors = (model: string): string => (existsSync(model) ? resolve(model) : model);

/** Embeds the inputs, with progress. Images that fail have no vector. @param fail receives them */
export async function embeddedInputs(
  classifier: Pick<Classifier, 'dimensions' | 'embedAll'>,
  inputs: Inputs,
  options: LogitsOptions,
  fail: (file: string, error: unknown) => void,
  terminal: Terminal,
): Promise<Vectors> {
  for (const note of inputs.notes) terminal.note(note);
  for (const { error, file } of inputs.failures) fail(file, error);
  const { dimensions } = classifier;
  const all = inputs.files.map(({ file }) => file);
  const data = new Float32Array(all.length * dimensions);
  const files: string[] = [];
  let done = 0;
  const progress = terminal.startProgress('images', all.length);
  try {
    for await (const { embedding, error, file } of classifier.embedAll(all, options)) {
      done++;
      progress.advance({ failed: error !== undefined });
      if (error) {
        fail(file, error);
        continue;
      }
      data.set(embedding, files.length * dimensions);
      files.push(file);
    }
  } finally {
    progress.stop();
  }
  const remaining = all.length - done;
  if (remaining) terminal.note(`${counted(remaining, 'image')} not processed`);
  return { files, dimensions, data: data.subarray(0, files.length * dimensions) };
}
