import { listNames, strangers } from '../../checkpoints/fit.ts';
import {
  type OpenModelOptions,
  openModelFile,
  readNumbers,
  refuseQuantized,
  shapesOf,
} from '../../checkpoints/model-file.ts';
import { ResnetCocoError } from '../../errors.ts';
import { Random } from '../../io/random.ts';
import type { StartWeights } from '../../training/index.ts';
import type { ClassifierConfig } from '../classifier-config.ts';
import { initialize } from '../initialize.ts';
import { classifierConfigOf } from '../load-classifier.ts';
import { type ParameterPlan, tensorShapes } from '../parameter-plan.ts';

/**
 * The configuration of the initial model of a run.
 *
 * @param nameOrPath a known model, or a model file
 * @throws ResnetCocoError as `loadModel` does
 */
export async function initialConfig(nameOrPath: string, options: OpenModelOptions = {}): Promise<ClassifierConfig> {
  const model = await openModelFile('trainClassifier', nameOrPath, options);
  try {
    refuseQuantized(model, 'training cannot begin from it');
    return classifierConfigOf(model, { partial: true });
  } finally {
    model.checkpoint.close();
  }
}

/**
 * Initializes weights, and replaces those that a model has under the same names in the same shapes: all except the head
 * if the classes differ.
 *
 * @param parameters as from `classifierParameters`
 * @param init a known model, or a model file
 * @throws ResnetCocoError as `loadModel` does; BAD_MODEL when none of its tensors fits
 */
export async function startWeights(
  parameters: readonly ParameterPlan[],
  seed: number,
  init?: string,
): Promise<StartWeights> {
  const weights = initialize(parameters, new Random(seed));
  const shapes = tensorShapes(parameters);
  if (init === undefined) return { weights };
  const model = await openModelFile('trainClassifier', init);
  const { checkpoint } = model;
  try {
    refuseQuantized(model, 'training cannot begin from it');
    const changed: string[] = [];
    for (const [name, shape] of Object.entries(shapes)) {
      const stored = checkpoint.tensors.get(name);
      if (stored && `${stored.shape}` === `${shape}`)
        weights[name] = { shape, data: readNumbers(checkpoint.file, name, stored) };
      else changed.push(stored ? `${name} ([${stored.shape}] there, [${shape}] here)` : `${name} (not there)`);
    }
    const count = Object.keys(shapes).length;
    if (changed.length === count) {
      throw new ResnetCocoError('BAD_MODEL', `${checkpoint.file}: none of its tensors fits; name another \`arch\``);
    }
    const begins = `begins with ${count - changed.length} of ${count} tensors of ${checkpoint.file}`;
    const others = strangers(shapesOf(checkpoint), shapes);
    const note = [
      begins,
      ...(changed.length ? [`new are ${listNames(changed)}`] : []),
      ...(others.length ? [`${others.length} of its tensors are not used: ${listNames(others)}`] : []),
    ].join('; ');
    return { weights, note };
  } finally {
    checkpoint.close();
  }
}
