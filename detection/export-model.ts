import {
  classifierConfigOf,
  classifierProgram,
  classifierShapes,
  type LoadOptions,
  loadOptionKinds,
  planClassifier,
} from '../backbone/index.ts';
import { openModelFile, readWeights } from '../checkpoints/index.ts';
import { exportOnnx } from '../engine/index.ts';
import { checkOptions } from '../io/options.ts';
import { architectureOfModel } from './architectures/architectures.ts';
import { detectorConfigOf, readDetectorWeights } from './load-detector.ts';

/** One ONNX file of a model. */
export interface ExportedGraph {
  /** Which part of the model, such as `proposals` and `boxes` of a Faster R-CNN, `masks`, `keypoints`; empty where it is all of it. */
  readonly part: string;
  readonly bytes: Uint8Array;
}

/**
 * A model as ONNX files that ONNX Runtime and other runtimes load; batch, height and width are free. A classifier is one
 * graph, `image` `[N, H, W, 3]` to `logits`. A RetinaNet is one graph too, to logits and deltas of each level. A Faster
 * R-CNN is two, and with a mask or a keypoint head one more for each; between them boxes are chosen by their values
 * (`docs/masks-and-keypoints.md` lists inputs and outputs, `detection/model/faster-rcnn/faster-rcnn.ts` shows how).
 *
 * @throws ResnetCocoError as loading a model does
 */
export async function exportModel(
  nameOrPath: string | URL,
  options: LoadOptions = {},
): Promise<readonly ExportedGraph[]> {
  checkOptions('exportModel', options, loadOptionKinds);
  const model = await openModelFile('exportModel', nameOrPath, options);
  try {
    const architecture = architectureOfModel(model);
    if (architecture) {
      const config = detectorConfigOf(model, options.arch);
      const weights = readDetectorWeights(model, config);
      const programs = architecture.programs(config, weights);
      return programs.map(({ part, program }) => ({ part, bytes: exportOnnx(program) }));
    }
    const config = classifierConfigOf(model, options);
    const weights = readWeights(model.checkpoint, classifierShapes(planClassifier(config)), config.architecture);
    return [{ part: '', bytes: exportOnnx(classifierProgram(config, weights)) }];
  } finally {
    model.checkpoint.close();
  }
}
