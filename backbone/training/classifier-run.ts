import type { Batch, Loader } from '../../datasets/index.ts';
import type { TrainingProgram } from '../../engine/index.ts';
import type { LoopParts, LoopState, StepOutcome } from '../../training/training-loop.ts';
import { score, type Validation } from './validation.ts';

/** How training goes at a step. */
export interface TrainingStep extends LoopState {
  /** Means over the epoch so far. */
  readonly loss: number;
  readonly top1: number;
}

/** How an epoch went. */
export interface TrainingEpoch extends TrainingStep {
  /** Absent where it was not evaluated. */
  readonly validation?: Validation;
  /** Whether it is the best so far. */
  readonly isBest: boolean;
}

export interface TrainingEvents {
  readonly onStep?: ((step: TrainingStep) => void) | undefined;
  readonly onEpoch?: ((epoch: TrainingEpoch) => void | Promise<void>) | undefined;
  /** So many images of so many are evaluated. */
  readonly onEvaluated?: ((images: number, of: number) => void) | undefined;
}

/** What makes a loop of training a classifier's. */
export function classifierLoop(
  program: TrainingProgram,
  loader: Loader,
  { onEpoch, onStep }: TrainingEvents,
  signal: AbortSignal | undefined,
): Pick<
  LoopParts<Batch, Validation>,
  'steps' | 'batches' | 'train' | 'snapshot' | 'epochMeans' | 'metric' | 'onStep' | 'onEpoch'
> {
  const stepOf = (state: LoopState, mean: (name: string) => number): TrainingStep => ({
    ...state,
    loss: mean('loss'),
    top1: mean('top1'),
  });
  return {
    steps: loader.batches,
    batches: (epoch, from) => loader.epoch(epoch, { from, signal }),
    train: (batch, rate) => train(program, batch, rate),
    snapshot: () => program.snapshot(),
    epochMeans: ['loss', 'top1'],
    metric: 'top1',
    onStep: (state, mean) => onStep?.(stepOf(state, mean)),
    onEpoch: (state, mean, evaluated) => onEpoch?.({ ...stepOf(state, mean), ...evaluated }),
  };
}

async function train(program: TrainingProgram, { image, labels, target }: Batch, rate: number): Promise<StepOutcome> {
  const { gradientNorm, loss, outputs } = await program.step({ image, target }, rate);
  const images = labels.length;
  return { images, means: { loss, top1: score(outputs.logits, labels).top1 / images }, gradientNorm };
}
