import type { BackwardPass, EngineTensor, PartsProgram } from '../../engine/index.ts';

/** Losses of a batch by torchvision's names, and the passes that hold their gradients. */
export interface BatchStep<Losses> {
  readonly losses: Losses;
  readonly passes: readonly BackwardPass[];
}

/**
 * One step of the optimizer by the mean of the losses of several batches, whose gradients are summed up; none where a
 * loss is not finite. Of running statistics, those of the last batch count.
 *
 * @param stepOf a batch, whose gradients are multiplied by its share
 */
export async function accumulatedStep<Batch, Losses extends object>(
  program: Pick<PartsProgram, 'apply'>,
  batches: readonly Batch[],
  stepOf: (batch: Batch, share: number) => Promise<BatchStep<Losses>>,
  learningRate: number,
): Promise<{ readonly losses: Losses; readonly gradientNorm?: number }> {
  const steps: BatchStep<Losses>[] = [];
  try {
    for (const batch of batches) {
      const step = await stepOf(batch, 1 / batches.length);
      steps.push(step);
      if (!Object.values(step.losses).every(Number.isFinite)) return { losses: step.losses };
    }
    const passes = steps.flatMap((step) => step.passes);
    return { losses: meanOf(steps.map(({ losses }) => losses)), ...(await program.apply(passes, learningRate)) };
  } finally {
    for (const pass of steps.flatMap(({ passes }) => passes)) pass.dispose();
  }
}

function meanOf<Losses extends object>(losses: readonly Losses[]): Losses {
  const mean = (name: string) =>
    losses.reduce((sum, one) => sum + (one as Readonly<Record<string, number>>)[name], 0) / losses.length;
  return Object.fromEntries(Object.keys(losses[0]).map((name) => [name, mean(name)])) as Losses;
}

export const floats = async (tensor: EngineTensor): Promise<Float32Array> => (await tensor.data()) as Float32Array;

/** A gradient by a batch's share. */
export const scaled = (data: Float32Array, share: number): Float32Array =>
  share === 1 ? data : data.map((value) => value * share);
