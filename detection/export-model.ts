import {
  classifierConfigOf,
  classifierProgram,
  classifierShapes,
  type LoadOptions,
  planClassifier,
} from '../backbone/index.ts';
import { openModel, readWeights } from '../checkpoints/index.ts';
import { exportOnnx } from '../engine/index.ts';
import { isDetectorModel } from './convert-model.ts';
import { detectorConfigOf, readDetectorWeights } from './load-detector.ts';
import { boxProgram, proposalProgram } from './model/faster-rcnn-graphs.ts';

/** One ONNX file of a model. */
export interface ExportedGraph {
  /** Which part of the model: empty where it is all of it. */
  readonly part: '' | 'proposals' | 'boxes';
  readonly bytes: Uint8Array;
}

/**
 * A model as ONNX files that ONNX Runtime and other runtimes load; batch, height and width are free. A classifier is one
 * graph, `image` `[N, H, W, 3]` to `logits`. A detector is two, between which boxes are chosen by their values
 * (`detection/model/faster-rcnn.ts` shows how).
 *
 * @throws ResnetCocoError as loading a model does
 */
export async function exportModel(nameOrPath: string, options: LoadOptions = {}): Promise<readonly ExportedGraph[]> {
  const model = await openModel(nameOrPath, options);
  try {
    if (isDetectorModel(model)) {
      const config = detectorConfigOf(model, options.arch);
      const weights = readDetectorWeights(model, config);
      return [
        { part: 'proposals', bytes: exportOnnx(proposalProgram(config, weights)) },
        { part: 'boxes', bytes: exportOnnx(boxProgram(config, weights)) },
      ];
    }
    const config = classifierConfigOf(model, options);
    const weights = readWeights(model.checkpoint, classifierShapes(planClassifier(config)), config.architecture);
    return [{ part: '', bytes: exportOnnx(classifierProgram(config, weights)) }];
  } finally {
    model.checkpoint.close();
  }
}
