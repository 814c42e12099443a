import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contest.ts';

const SCRIPT = fileURLToPath(new URL('../../bench/torch_peer.py', import.meta.url));

/** A Python process with PyTorch that runs benchmark tasks. */
export class TorchPeer {
  readonly name: string;
  readonly #tasks: readonly string[];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, name: string, tasks: readonly string[]) {
    this.#child = child;
    this.#lines = lines;
    this.name = name;
    this.#tasks = tasks;
  }

  /** Undefined if this Python is absent or has no PyTorch. */
  static async start(python: string, threads: number): Promise<TorchPeer | undefined> {
    const child = spawn(python, [SCRIPT, String(threads)], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.write('{"task": "hello"}\n');
    const { done, value } = await lines.next();
    if (done) return undefined;
    const { name, tasks } = JSON.parse(value) as { name: string; tasks: string[] };
    return new TorchPeer(child, lines, name, tasks);
  }

  /** This peer as a contestant; none if it cannot do the task. */
  contestant(task: string): Contestant[] {
    if (!this.#tasks.includes(task)) return [];
    const run = async (repeats: number) => {
      this.#child.stdin!.write(`${JSON.stringify({ task, repeats })}\n`);
      const { value } = await this.#lines.next();
      return (JSON.parse(value) as { ms: number[] }).ms;
    };
    return [{ name: this.name, run }];
  }

  stop(): void {
    this.#child.kill();
  }
}
