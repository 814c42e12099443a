import { ResnetCocoError } from '../errors.ts';
import { AppendFile } from '../io/append-file.ts';
import { readBytesSync } from '../io/regular-file.ts';

/** Images that a run learns from, or those that it is evaluated on. */
export type LogSplit = 'train' | 'val';

/** What was measured at a step. */
export interface LogEntry {
  readonly split: LogSplit;
  /** Steps done. */
  readonly step: number;
  /** Epochs done, with a fraction within one. */
  readonly epoch: number;
  /** By name, such as `loss`, `top1`, `learning_rate`, `images_per_second`. May be NaN or infinite. */
  readonly values: Readonly<Record<string, number>>;
}

/**
 * The log of a run: a file of JSON objects, one a line, such as
 * `{"split":"train","step":50,"epoch":0.13,"loss":1.98,"learning_rate":0.1}`. A number that JSON does not have, such as
 * NaN, is `null`.
 */
export class RunLog {
  readonly #file: AppendFile;
  readonly #list: LogEntry[];

  private constructor(file: AppendFile, list: LogEntry[]) {
    this.#file = file;
    this.#list = list;
  }

  /**
   * Opens or makes a log.
   *
   * @param resumeAt the step after which a resumed run goes on: lines of later steps are cut, and so is a last line that
   *   a killed process left unfinished. Without it the log begins anew, empty.
   * @throws ResnetCocoError FILE_NOT_WRITABLE, FILE_NOT_FOUND where it cannot be read, BAD_RESULTS
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

  /** All so far, in the order of the file. */
  get entries(): readonly LogEntry[] {
    return this.#list;
  }

  /** Adds a line; it is in the file when this returns. Steps never go down. */
  append(entry: LogEntry): void {
    const { values, ...place } = entry;
    this.#file.append(Buffer.from(`${JSON.stringify({ ...place, ...values })}\n`));
    this.#list.push(entry);
  }

  /** Call it before a checkpoint is written: no checkpoint on the disk is then ahead of its log. */
  sync(): void {
    this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * Reads the log of a run, be it still running or killed: a last line that is not finished is left out.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND, or BAD_RESULTS naming the line
 */
export const readLog = (path: string): LogEntry[] => [...linesOf(path)].map(({ entry }) => entry);

/** The finished lines, with the byte behind each. */
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

/** The entry, or what is wrong with it. */
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
