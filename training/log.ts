import { ResnetCocoError } from '../errors.ts';
import { AppendFile } from '../io/append-file.ts';
import { pathArgument } from '../io/options.ts';
import { readBytesSync } from '../io/regular-file.ts';

/** Training images (`train`) or evaluation images (`val`). */
export type LogSplit = 'train' | 'val';

/** Values measured at a step. */
export interface LogEntry {
  readonly split: LogSplit;
  /** Steps done. */
  readonly step: number;
  /** Epochs done, with a fraction within one. */
  readonly epoch: number;
  /** Values by name, such as `loss`, `top1`, `learning_rate`, `images_per_second`. They may be NaN or infinite. */
  readonly values: Readonly<Record<string, number>>;
}

/**
 * The log of a run: a file of JSON objects, one a line, such as
 * `{"split":"train","step":50,"epoch":0.13,"loss":1.98,"learning_rate":0.1}`. NaN and infinite numbers, which JSON does
 * not have, are `null`.
 */
export class RunLog {
  readonly #file: AppendFile;
  readonly #list: LogEntry[];

  private constructor(file: AppendFile, list: LogEntry[]) {
    this.#file = file;
    this.#list = list;
  }

  /**
   * Opens or creates a log.
   *
   * @param resumeAt the step after which a resumed run continues. Lines of later steps and an unfinished last line are
   *   cut off. Without it the log starts empty.
   * @throws ResnetCocoError FILE_NOT_WRITABLE, FILE_NOT_FOUND when it cannot be read, BAD_RESULTS
   */
  static open(path: string, resumeAt?: number): RunLog {
    const file = AppendFile.open(path);
    try {
      const list: LogEntry[] = [];
      let length = 0;
      if (resumeAt !== undefined) {
        for (const { entry, end } of linesOf(path)) {
          if (entry.step > resumeAt) break;
          list.push(entry);
          length = end;
        }
      }
      file.truncate(length);
      return new RunLog(file, list);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** All entries so far, in the order of the file. */
  get entries(): readonly LogEntry[] {
    return this.#list;
  }

  /** Appends a line, which is in the file when this returns. Steps never decrease. */
  append(entry: LogEntry): void {
    const { values, ...place } = entry;
    this.#file.append(Buffer.from(`${JSON.stringify({ ...place, ...values })}\n`));
    this.#list.push(entry);
  }

  /** Call this before you write a checkpoint, so that no checkpoint on the disk is ahead of its log. */
  sync(): void {
    this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * Reads the log of a run, which may still be running or may have been killed. An unfinished last line is left out.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, or BAD_RESULTS naming the line
 */
export const readLog = (path: string | URL): LogEntry[] =>
  [...linesOf(pathArgument('readLog', 'the log', path))].map(({ entry }) => entry);

/** The finished lines, each with the position after it. */
function* linesOf(path: string): Generator<{ readonly entry: LogEntry; readonly end: number }> {
  const bytes = readBytesSync(path, { code: 'BAD_RESULTS' });
  for (let start = 0, number = 1; ; number++) {
    const end = bytes.indexOf('\n', start) + 1;
    if (end === 0) return;
    const entry = parseLine(bytes.toString('utf8', start, end));
    if (typeof entry === 'string') throw new ResnetCocoError('BAD_RESULTS', `${path}:${number}: ${entry}`);
    yield { entry, end };
    start = end;
  }
}

/** Parses an entry; a string says what is wrong with it. */
function parseLine(line: string): LogEntry | string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return 'not JSON; a log has one object a line';
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'not a JSON object';
  const { split, step, epoch, ...values } = record as Record<string, unknown>;
  if (split !== 'train' && split !== 'val') return `split is ${JSON.stringify(split)}, not "train" or "val"`;
  if (typeof step !== 'number' || !Number.isSafeInteger(step)) return `step is ${JSON.stringify(step)}, not a number`;
  if (typeof epoch !== 'number') return `epoch is ${JSON.stringify(epoch)}, not a number`;
  for (const [name, value] of Object.entries(values)) {
    if (value === null) values[name] = Number.NaN;
    else if (typeof value !== 'number') return `${name} is ${JSON.stringify(value)}, not a number`;
  }
  return { split, step, epoch, values: values as Record<string, number> };
}
