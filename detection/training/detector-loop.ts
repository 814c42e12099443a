import type { DetectionBatch, DetectionLoader } from '../../datasets/index.ts';
import { seeded } from '../../datasets/loaders/seeded.ts';
import type { DetectionMeasures } from '../../eval/index.ts';
import { batched } from '../../io/threads/batched.ts';
import type { LoopParts, LoopState, StepOutcome } from '../../training/index.ts';
import type { DetectorTraining } from './detector-training.ts';
import type { DetectorRunSettings } from './run-settings.ts';
import type { TrainingBatch } from './training-batch.ts';

/** How the training of a detector goes at a step. */
export interface DetectorStep extends LoopState {
  /** Mean over the epoch so far. */
  readonly loss: number;
}

/** How an epoch went. */
export interface DetectorEpoch extends DetectorStep {
  /** Absent where it was not evaluated. */
  readonly validation?: DetectionMeasures;
  /** Whether it is the best so far. */
  readonly isBest: boolean;
}

export interface DetectorEvents {
  readonly onStep?: ((step: DetectorStep) => void) | undefined;
  readonly onEpoch?: ((epoch: DetectorEpoch) => void | Promise<void>) | undefined;
  /** So many images of so many are evaluated. */
  readonly onEvaluated?: ((images: number, of: number) => void) | undefined;
}

/** What makes a loop of training a detector's. */
export function detectorLoop(
  training: DetectorTraining,
  loader: DetectionLoader,
  { accumulate, seed }: DetectorRunSettings,
  { onEpoch, onStep }: DetectorEvents,
  signal: AbortSignal | undefined,
): Pick<
  LoopParts<readonly DetectionBatch[], DetectionMeasures>,
  'steps' | 'batches' | 'train' | 'snapshot' | 'epochMeans' | 'metric' | 'onStep' | 'onEpoch'
> {
  const stepOf = (state: LoopState, mean: (name: string) => number): DetectorStep => ({ ...state, loss: mean('loss') });
  return {
    steps: Math.floor(loader.batches / accumulate),
    batches: async function* (epoch, from) {
      const batches = loader.epoch(epoch, { from: from * accumulate, signal });
      // What makes no whole step is left out of the epoch.
      for await (const group of batched(batches, accumulate)) if (group.length === accumulate) yield group;
    },
    train: (batches, rate) => train(training, batches, seed, rate),
    snapshot: () => training.snapshot(),
    epochMeans: ['loss'],
    metric: 'AP',
    onStep: (state, mean) => onStep?.(stepOf(state, mean)),
    onEpoch: (state, mean, evaluated) => onEpoch?.({ ...stepOf(state, mean), ...evaluated }),
  };
}

async function train(
  training: DetectorTraining,
  batches: readonly DetectionBatch[],
  seed: number,
  rate: number,
): Promise<StepOutcome> {
  const taken = batches.map(({ epoch, images, number }): TrainingBatch => {
    return {
      images: images.map(({ boxes, labels, ...image }) => ({ ...image, objects: { boxes, labels } })),
      choices: training.choices(seeded(seed, 'choices', epoch, number)),
    };
  });
  const { gradientNorm, ...losses } = await training.accumulatedStep(taken, rate);
  const loss = Object.values(losses).reduce((sum, part) => sum + part, 0);
  const images = batches.reduce((sum, batch) => sum + batch.images.length, 0);
  return { images, means: { loss, ...losses }, gradientNorm };
}
