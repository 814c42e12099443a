/**
 * Saves a run again and again until it is killed, each number of a checkpoint being its step, and prints a line for each.
 *
 * Usage: node write-checkpoints.js FOLDER FIRST-STEP
 */
import { saveRun } from '../../training/run-folder.ts';

const [folder, first] = process.argv.slice(2);
for (let step = Number(first); ; step++) {
  const filled = (length: number) => ({
    'conv1.weight': new Float32Array(length).fill(step),
    empty: new Float32Array(),
  });
  await saveRun(folder, {
    state: { weights: filled(100_000), average: filled(100_000), optimizer: filled(100_000) },
    progress: {
      step,
      epoch: 0,
      batch: step,
      seed: 1,
      seconds: step,
      best: { metric: 'top1', value: 0.5, step },
      sums: {},
    },
    config: { step },
    model: { config: {}, shapes: {} },
  });
  process.stdout.write(`${step}\n`);
}
