import { ResnetCocoError } from '../../errors.ts';
import { MOST } from '../../io/bounds.ts';
import type { TrainingOptions } from '../engine.ts';

/** torch's default is 1e-8. A large epsilon turns AdamW into plain momentum. */
const MOST_EPSILON = 1000;

/**
 * Refuses meaningless settings of the optimizer.
 *
 * @throws BAD_CONFIG when a setting is out of range; the message names the setting and its value
 */
export function checkTrainingOptions({ averageDecay, clipNorm, optimizer }: TrainingOptions): void {
  if (optimizer.kind === 'sgd') {
    const { momentum = 0, nesterov = false } = optimizer;
    check('momentum', momentum, momentum >= 0 && momentum < 1, 'from 0 to below 1');
    if (nesterov && !momentum) fail('nesterov has no effect without momentum: set momentum, such as 0.9');
  } else {
    const { betas = [], epsilon = 1e-8 } = optimizer;
    for (const beta of betas) check('betas', beta, beta >= 0 && beta < 1, 'from 0 to below 1');
    check('epsilon', epsilon, epsilon > 0 && epsilon <= MOST_EPSILON, `above 0 and at most ${MOST_EPSILON}`);
  }
  const { weightDecay = 0 } = optimizer;
  check('weightDecay', weightDecay, weightDecay >= 0 && weightDecay <= MOST.decay, `from 0 to ${MOST.decay}`);
  if (clipNorm !== undefined)
    check('clipNorm', clipNorm, clipNorm > 0 && clipNorm <= MOST.norm, `above 0 and at most ${MOST.norm}`);
  if (averageDecay !== undefined) {
    check('averageDecay', averageDecay, averageDecay >= 0 && averageDecay < 1, 'from 0 to below 1');
  }
}

function check(setting: string, value: number, holds: boolean, range: string): void {
  if (!holds) fail(`${setting} must be ${range}, not ${value}`);
}

function fail(problem: string): never {
  throw new ResnetCocoError('BAD_CONFIG', `training: ${problem}`);
}
