/**
 * Compares the decoders with Pillow on folders of JPEG, PNG and BMP files, such as the public test suites: which files
 * open, and how much their pixels differ.
 *
 * Usage: npm run bench:images -- --python PATH FOLDER…     lists every file that is not equal
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Image, readImage } from '../datasets/index.ts';

/** Maximum difference from Pillow in levels of one channel. */
const TOLERANCE = 4;
const SCRIPT = fileURLToPath(new URL('../../bench/pillow_peer.py', import.meta.url));

/** A decoded image, or the error. */
type Outcome = Image | string;

/** A Python process with Pillow that decodes files. */
class PillowPeer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string) {
    const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async read(path: string): Promise<Outcome> {
    this.#child.stdin!.write(`${path}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`Pillow ended at ${path}`);
    const answer = JSON.parse(value) as { error: string } | { width: number; height: number; file: string };
    if ('error' in answer) return answer.error;
    return { width: answer.width, height: answer.height, data: readFileSync(answer.file) };
  }

  stop(): void {
    this.#child.kill();
  }
}

const ours = (path: string): Promise<Outcome> => readImage(path).catch((error: Error) => error.message);

/** The result of comparing one file. */
function compare(pillow: Outcome, image: Outcome): { readonly kind: Kind; readonly detail: string } {
  if (typeof pillow === 'string') {
    return typeof image === 'string' ? { kind: 'neither', detail: '' } : { kind: 'only ours', detail: pillow };
  }
  if (typeof image === 'string') return { kind: 'only Pillow', detail: image };
  const { width, height, data } = image;
  if (width !== pillow.width || height !== pillow.height) {
    return { kind: 'apart', detail: `${width}×${height} where Pillow has ${pillow.width}×${pillow.height}` };
  }
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i] - pillow.data[i]));
  const kind = largest === 0 ? 'equal' : largest <= TOLERANCE ? 'close' : 'apart';
  return { kind, detail: `${largest} levels` };
}

const kinds = ['equal', 'close', 'apart', 'only Pillow', 'only ours', 'neither'] as const;
type Kind = (typeof kinds)[number];

const { values, positionals } = parseArgs({
  options: { python: { type: 'string', default: 'python3' } },
  allowPositionals: true,
});
const peer = new PillowPeer(values.python);
for (const folder of positionals) {
  const counts = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
  for (const name of readdirSync(folder).sort()) {
    if (!/\.(jpe?g|png|bmp)$/i.test(name)) continue;
    const path = join(folder, name);
    const { kind, detail } = compare(await peer.read(path), await ours(path));
    counts.set(kind, counts.get(kind)! + 1);
    if (kind !== 'equal' && kind !== 'neither') console.log(`${kind.padEnd(11)} ${name}  ${detail}`);
  }
  console.log(`${folder}: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
}
peer.stop();
