import type { ClassifiedFile } from '../../backbone/index.ts';
import { collectInputs, type Inputs } from '../../cli/input/inputs.ts';
import { Terminal } from '../../cli/terminal/terminal.ts';
import type { DetectedFile } from '../../detection/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { FakeOutput } from './fake-output.ts';

interface AllOptions {
  readonly signal?: AbortSignal;
}

/** What a fake model says of a file; files with `broken` in their names fail. */
async function* eachFile<R>(
  files: Iterable<string>,
  { signal }: AllOptions,
  answer: (file: string) => R,
): AsyncGenerator<R | { readonly file: string; readonly error: ResnetCocoError }> {
  for (const file of files) {
    if (signal?.aborted) return;
    yield file.includes('broken')
      ? { file, error: new ResnetCocoError('BAD_IMAGE', `${file}: the file is empty`) }
      : answer(file);
  }
}

/** Sees a dog, then a cat, in every file. */
export const fakeClassifier = {
  classifyAll: (files: Iterable<string>, options: AllOptions & { readonly top?: number } = {}) =>
    eachFile(files, options, (file): ClassifiedFile => {
      const predictions = [
        { index: 207, label: 'golden retriever', wnid: 'n02099601', probability: 0.875 },
        { index: 281, label: 'tabby', wnid: 'n02123045', probability: 0.0625 },
      ];
      return { file, predictions: predictions.slice(0, options.top) };
    }),
};

/** Sees one person in every file, none where the name says `empty`. */
export const fakeDetector = {
  detectAll: (files: Iterable<string>, options: AllOptions = {}) =>
    eachFile(files, options, (file): DetectedFile => {
      const person = { category_id: 1, label: 'person', score: 0.9375, bbox: [1.5, 2, 30, 40] as const };
      return { file, width: 640, height: 480, detections: file.includes('empty') ? [] : [person] };
    }),
};

export interface Recording {
  readonly terminal: Terminal;
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
}

export function record(): Recording {
  const [stdout, stderr] = [new FakeOutput(), new FakeOutput()];
  return { terminal: new Terminal({ stdout, stderr }), stdout, stderr };
}

/** The inputs that a command would have of these paths. */
export const inputsOf = (...paths: string[]): Promise<Inputs> =>
  collectInputs(paths, { recursive: true, signal: new AbortController().signal });
