import { type HostTensor, sizeOf } from '../engine/index.ts';
import type { Random } from '../io/random.ts';
import type { Init, ParameterPlan } from './parameter-plan.ts';

/**
 * Initializes the weights of a network: each tensor as its layer declares it.
 *
 * @param parameters as from `classifierParameters`
 */
export function initialize(parameters: readonly ParameterPlan[], random: Random): Record<string, HostTensor> {
  const weights: Record<string, HostTensor> = {};
  const draw = ({ name, shape }: ParameterPlan, init: Init) => {
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = init(random);
    weights[name] = { shape, data };
  };
  for (const parameter of parameters) draw(parameter, parameter.init);
  // Drawn after all others, so that a seed still gives the weights of earlier versions.
  for (const parameter of parameters) if (parameter.redrawn) draw(parameter, parameter.redrawn);
  return weights;
}
