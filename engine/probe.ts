/**
 * Tries one engine in its own process, because a broken driver may end the process. Prints the device, or why the
 * engine does not work, as JSON.
 *
 * Usage: node probe.js ENGINE
 */
import * as tf from '@tensorflow/tfjs-core';
import { createEngine } from './create-engine.ts';
import type { EngineName } from './engine.ts';

/** The JSON that a probe prints. */
export type ProbeResult =
  | { readonly works: true; readonly device: string }
  | { readonly works: false; readonly reason: string };

async function probe(name: EngineName): Promise<ProbeResult> {
  try {
    const engine = await createEngine(name);
    const program = await engine.compile({
      name: 'a test',
      weights: { filter: { shape: [4, 3, 3, 3], data: new Float32Array(108).fill(1 / 27) } },
      inputs: { image: { shape: ['N', 'H', 'W', 3] } },
      model: ({ filter }, { image }) => ({ mean: tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid') }),
    });
    const { mean } = await program.run({ image: { shape: [1, 8, 8, 3], data: new Float32Array(192).fill(2) } });
    const wrong = (await mean.data()).find((value) => Math.abs(value - 2) > 1e-3);
    if (wrong !== undefined) return { works: false, reason: `it computes ${wrong} where 2 is right` };
    return { works: true, device: engine.device };
  } catch (error) {
    return { works: false, reason: (error as Error).message };
  }
}

process.stdout.write(`${JSON.stringify(await probe(process.argv[2] as EngineName))}\n`, () => process.exit());
