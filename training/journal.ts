import { type LogEntry, RunLog } from './log.ts';
import { runFiles } from './run-folder.ts';
import { TensorBoardWriter } from './tensorboard.ts';

/** The record of a run: a log of JSON lines, and the same values for TensorBoard. */
export class Journal {
  readonly #log: RunLog;
  readonly #board: TensorBoardWriter;

  private constructor(log: RunLog, board: TensorBoardWriter) {
    this.#log = log;
    this.#board = board;
  }

  /**
   * @param resumeAt the step after which a resumed run continues
   * @throws ResnetCocoError FILE_NOT_WRITABLE, BAD_RESULTS
   */
  static open(folder: string, resumeAt?: number): Journal {
    const log = RunLog.open(runFiles(folder).log, resumeAt);
    try {
      return new Journal(log, TensorBoardWriter.open(folder, resumeAt));
    } catch (error) {
      log.close();
      throw error;
    }
  }

  write(entry: LogEntry): void {
    // TensorBoard shows only the first value of a name at a step.
    const tagged = Object.entries(entry.values)
      .filter(([name]) => !this.has(entry.step, name, entry.split))
      .map(([name, value]) => [`${entry.split}/${name}`, value] as const);
    this.#log.append(entry);
    this.#board.scalars(entry.step, Object.fromEntries(tagged));
  }

  /** Writes settings as a text of TensorBoard. */
  describe(settings: object): void {
    this.#board.text(0, 'settings', `\`\`\`\n${JSON.stringify(settings, null, 2)}\n\`\`\``);
  }

  /** Whether this value is already logged at this step, which is the newest one. */
  has(step: number, name: string, split: LogEntry['split'] = 'train'): boolean {
    const { entries } = this.#log;
    for (let i = entries.length - 1; i >= 0 && entries[i].step === step; i--) {
      if (entries[i].split === split && name in entries[i].values) return true;
    }
    return false;
  }

  /** Flushes everything to the disk. */
  sync(): void {
    this.#log.sync();
  }

  close(): void {
    this.#log.close();
    this.#board.close();
  }
}
