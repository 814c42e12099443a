import { type Classifier, compileClassifier, type LoadOptions, openModel } from '../backbone/index.ts';
import { isDetectorModel } from './convert-model.ts';
import type { Detector } from './detector.ts';
import { compileDetector } from './load-detector.ts';

/**
 * Loads a model, whichever it is: what comes is an instance of `Detector` or of `Classifier`.
 *
 * @throws ResnetCocoError as `loadDetector` and `loadClassifier`
 */
export async function loadModel(nameOrPath: string, options: LoadOptions = {}): Promise<Classifier | Detector> {
  const model = await openModel(nameOrPath, options);
  try {
    return await (isDetectorModel(model) ? compileDetector : compileClassifier)(model, options);
  } finally {
    model.checkpoint.close();
  }
}
