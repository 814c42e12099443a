import { classifierShapes, parseClassifierConfig, planClassifier, tensorShapes } from '../backbone/index.ts';
import type { StoredTensor } from '../checkpoints/index.ts';
import { detectorParameters, parseDetectorConfig } from '../detection/index.ts';
import type { Weights } from '../engine/index.ts';
import { waveWeights } from './waves.ts';

/** Weights as a file stores them. */
const stored = (weights: Weights): Map<string, StoredTensor> =>
  new Map(
    Object.entries(weights).map(([name, { data, shape }]) => [
      name,
      { dtype: 'F32', shape, bytes: () => new Uint8Array(data.slice().buffer) },
    ]),
  );

/** A classifier with the weights of `waves.ts`. */
export function waveCheckpoint(config: object) {
  const parsed = parseClassifierConfig(config, 'test');
  return { config: parsed, tensors: stored(waveWeights(classifierShapes(planClassifier(parsed)))) };
}

/** A detector with the weights of `waves.ts`. */
export function waveDetector(config: unknown) {
  const parsed = parseDetectorConfig(config, 'test');
  return { config: parsed, tensors: stored(waveWeights(tensorShapes(detectorParameters(parsed)))) };
}
