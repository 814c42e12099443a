import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppendFile } from '../io/append-file.ts';
import { type EventContent, encodeEvent } from './event.ts';
import { tfRecord } from './tf-record.ts';

/**
 * Writes what TensorBoard shows, as event files of TensorFlow's format: `tensorboard --logdir FOLDER`. Each event is in
 * the file when the method that writes it returns.
 */
export class TensorBoardWriter {
  readonly #file: AppendFile;

  private constructor(file: AppendFile) {
    this.#file = file;
  }

  /**
   * Starts a new event file in `folder`, which is created if it is missing. TensorBoard joins the files of a folder.
   *
   * @param resumeAt the step after which a resumed run continues: TensorBoard drops later steps of earlier files
   * @throws ResnetCocoError FILE_NOT_WRITABLE
   */
  static open(folder: string, resumeAt?: number): TensorBoardWriter {
    const writer = new TensorBoardWriter(newEventFile(folder));
    writer.#write({ kind: 'version' }, 0);
    if (resumeAt !== undefined) writer.#write({ kind: 'start' }, resumeAt + 1);
    return writer;
  }

  /** @param values values by tag, such as `train/loss`. TensorBoard groups tags by the part before the slash. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.#write({ kind: 'scalars', values }, step);
  }

  text(step: number, tag: string, markdown: string): void {
    this.#write({ kind: 'text', tag, markdown }, step);
  }

  close(): void {
    this.#file.close();
  }

  #write(content: EventContent, step: number): void {
    this.#file.append(tfRecord(encodeEvent(content, step, Date.now() / 1000)));
  }
}

/**
 * TensorBoard reads the files of a folder in the order of their names, so the time in the name is later than all
 * others.
 */
function newEventFile(folder: string): AppendFile {
  for (let seconds = Math.floor(Date.now() / 1000); ; seconds++) {
    const name = `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}`;
    const file = AppendFile.create(join(folder, name));
    if (file) return file;
  }
}
