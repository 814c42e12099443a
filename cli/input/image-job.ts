import type { ResnetCocoError } from '../../errors.ts';
import { JsonArrayWriter } from '../../io/json/json-array.ts';
import type { Failures } from '../terminal/failures.ts';
import { formatDuration, formatRate } from '../terminal/progress.ts';
import { counted } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Inputs } from './inputs.ts';

/** The result of a model for one file. */
interface Result {
  readonly file: string;
}

interface FailedResult extends Result {
  readonly error: ResnetCocoError;
}

export interface ImageJob<R extends Result> {
  readonly inputs: Inputs;
  readonly results: AsyncIterable<R | FailedResult>;
  readonly terminal: Terminal;
  readonly failures: Failures;
  readonly json: boolean;
  /** The result for people to read, if it is printed. */
  readonly describe?: (result: R) => string;
  /** The result as an element of the JSON array. */
  readonly record: (result: R) => object;
  /** The folder that also receives the results. */
  readonly folder?: {
    add(result: R): Promise<void>;
    fail(file: string, error: string): Promise<void>;
    close(): Promise<void>;
  };
}

export interface JobOutcome {
  /** Images done, without those that failed. */
  readonly images: number;
  /** Images not processed because the job was interrupted. */
  readonly remaining: number;
  readonly seconds: number;
}

/**
 * Prints and saves the results as they come, in constant memory, with progress. The output is well-formed however the
 * job ends.
 */
export async function runImageJob<R extends Result>(job: ImageJob<R>): Promise<JobOutcome> {
  const { inputs, terminal, failures } = job;
  const started = performance.now();
  for (const note of inputs.notes) terminal.note(note);
  const array = job.json ? new JsonArrayWriter((text) => terminal.write(text)) : undefined;
  const progress = terminal.startProgress('images', inputs.files.length);
  const fail = async ({ file, error }: FailedResult): Promise<void> => {
    const text = failures.add(file, error);
    await job.folder?.fail(file, text);
    await array?.push({ file, error: text });
  };
  let images = 0;
  let remaining = inputs.files.length;
  try {
    for (const failed of inputs.failures) await fail(failed);
    for await (const result of job.results) {
      remaining--;
      const failed = 'error' in result;
      if (failed) await fail(result as FailedResult);
      else {
        images++;
        await job.folder?.add(result as R);
        if (array) await array.push(job.record(result as R));
        else if (job.describe) await terminal.print(job.describe(result as R));
      }
      progress.advance({ failed });
    }
  } finally {
    await job.folder?.close();
    progress.stop();
    await array?.end();
  }
  return { images, remaining, seconds: (performance.now() - started) / 1000 };
}

/** `160 images, 1043 objects, 2 failed, 31 s, 5.1 images/s; results are in detected`. */
export function summarize(
  { images, remaining, seconds }: JobOutcome,
  { found, failed, out }: { found?: string; failed: number; out?: string | undefined },
): string {
  const parts = [counted(images, 'image')];
  if (found) parts.push(found);
  if (failed) parts.push(`${failed} failed`);
  parts.push(formatDuration(seconds));
  if (images > 1) parts.push(formatRate('images', images / seconds));
  const where = out === undefined ? '' : `; results are in ${out}`;
  return parts.join(', ') + (remaining ? `; ${counted(remaining, 'image')} not processed` : '') + where;
}
