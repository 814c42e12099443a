import type { Clock } from '../../cli/terminal/terminal.ts';

/** A clock that stands still but for what a test says. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly interval: number; readonly action: () => void; due: number }>();

  now(): number {
    return this.#now;
  }

  every(interval: number, action: () => void): () => void {
    const timer = { interval, action, due: this.#now + interval };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.due - b.due);
      if (!next || next.due > end) break;
      this.#now = next.due;
      next.due += next.interval;
      next.action();
    }
    this.#now = end;
  }
}
