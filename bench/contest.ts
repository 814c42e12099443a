/** A benchmark: one heading of the results. */
export interface BenchCase {
  readonly title: string;
  /** The peer's name of the task. */
  readonly task: string;
  readonly config: object;
  readonly batch: number;
  readonly rounds: number;
}

/** An implementation that is timed beside others. */
export interface Contestant {
  readonly name: string;
  /** Runs `repeats` times and returns the milliseconds of each run. */
  readonly run: (repeats: number) => Promise<readonly number[]>;
}

export interface Result {
  readonly name: string;
  /** Median over all rounds, in milliseconds. */
  readonly ms: number;
  /** The time relative to the first contestant's. */
  readonly ratio: number;
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Times a function of this process. */
export const timed =
  (body: () => Promise<unknown>) =>
  async (repeats: number): Promise<number[]> => {
    const times: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      await body();
      times.push(performance.now() - start);
    }
    return times;
  };

/**
 * Times contestants in turns: all run in every round, so that a slower machine slows all of them. The first round is a
 * warmup and does not count.
 */
export async function contest(contestants: readonly Contestant[], rounds: number, repeats: number): Promise<Result[]> {
  const times = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const durations = await contestant.run(repeats);
      if (round > 0) times[i].push(...durations);
    }
  }
  const medians = times.map(median);
  return contestants.map(({ name }, i) => ({ name, ms: medians[i], ratio: medians[i] / medians[0] }));
}

export function printResults(title: string, results: readonly Result[]): void {
  console.log(`\n${title}`);
  const width = Math.max(...results.map(({ name }) => name.length));
  for (const { ms, name, ratio } of results) {
    console.log(`  ${name.padEnd(width)}  ${ms.toFixed(1).padStart(8)} ms  ${ratio.toFixed(2).padStart(6)}×`);
  }
}
