import {
  type Classifier,
  type ClassifierConfig,
  classifierConfigOf,
  compileClassifier,
  type LoadOptions,
  loadOptionKinds,
} from '../backbone/index.ts';
import { openModelFile } from '../checkpoints/index.ts';
import { checkArgument, checkOptions } from '../io/options.ts';
import { isDetectorModel } from './architectures/architectures.ts';
import type { Detector } from './detector.ts';
import { compileDetector, detectorConfigOf } from './load-detector.ts';
import type { DetectorConfig } from './model/detector-config.ts';

/**
 * Loads a model, whichever it is: what comes is an instance of `Detector` or of `Classifier`.
 *
 * @param suited further options, which depend on what the model is
 * @throws ResnetCocoError as `loadDetector` and `loadClassifier`
 */
export async function loadModel(
  nameOrPath: string | URL,
  options: LoadOptions = {},
  suited: (config: ClassifierConfig | DetectorConfig) => LoadOptions = () => ({}),
): Promise<Classifier | Detector> {
  checkOptions('loadModel', options, loadOptionKinds);
  checkArgument('loadModel', '`suited`', suited, 'function');
  const model = await openModelFile('loadModel', nameOrPath, options);
  try {
    if (!isDetectorModel(model)) {
      const config = classifierConfigOf(model, options);
      return await compileClassifier(model, { ...options, ...suited(config) });
    }
    const config = detectorConfigOf(model, options.arch);
    const detector = await compileDetector(model, { ...options, ...suited(config) });
    model.checkpoint.close();
    return detector;
  } catch (error) {
    model.checkpoint.close();
    throw error;
  }
}
