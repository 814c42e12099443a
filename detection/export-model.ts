import {
  classifierConfigOf,
  classifierProgram,
  classifierShapes,
  type LoadOptions,
  loadOptionKinds,
  planClassifier,
} from '../backbone/index.ts';
import { openModelFile, readWeights } from '../checkpoints/index.ts';
import {
  compiledGraph,
  encodeOnnx,
  exportedGraph,
  type Precision,
  type ProgramSpec,
  precisions,
} from '../engine/index.ts';
import { checkOptions, type OptionKinds } from '../io/options.ts';
import { architectureOfModel, detectorTitle } from './architectures/architectures.ts';
import { fileMetadata } from './export/file-metadata.ts';
import { detectorConfigOf, readDetectorWeights } from './load-detector.ts';

/** Settings of `exportModel`. */
export interface ExportOptions extends LoadOptions {
  /**
   * A detector as one file of everything, from the bytes of an image to its detections, rather than as the graphs between
   * which boxes are chosen. A classifier is one file anyway.
   */
  readonly singleFile?: boolean;
  /** Of weights and activations; `float32` by default. With `float16` files are half as large. */
  readonly precision?: Precision;
}

const kinds: OptionKinds<ExportOptions> = { ...loadOptionKinds, singleFile: 'boolean', precision: precisions };

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
 * With `singleFile` a detector is one graph from the bytes of one image to its detections (`docs/export.md`).
 *
 * @throws ResnetCocoError as loading a model does; BAD_MODEL for one that is larger than an ONNX file can be
 */
export async function exportModel(
  nameOrPath: string | URL,
  options: ExportOptions = {},
): Promise<readonly ExportedGraph[]> {
  checkOptions('exportModel', options, kinds);
  const { precision = 'float32', singleFile = false } = options;
  const exported = (program: ProgramSpec) => exportedGraph(program, precision);
  const model = await openModelFile('exportModel', nameOrPath, options);
  try {
    const architecture = architectureOfModel(model);
    if (architecture) {
      const config = detectorConfigOf(model, options.arch);
      const weights = readDetectorWeights(model, config);
      if (singleFile) {
        const graph = architecture.whole(config, weights, precision === 'float32' ? compiledGraph : exported);
        return [{ part: '', bytes: encodeOnnx(graph, fileMetadata(config, detectorTitle(config))) }];
      }
      const programs = architecture.programs(config, weights);
      return programs.map(({ part, program }) => ({ part, bytes: encodeOnnx(exported(program)) }));
    }
    const config = classifierConfigOf(model, options);
    const weights = readWeights(model.checkpoint, classifierShapes(planClassifier(config)), config.architecture);
    return [{ part: '', bytes: encodeOnnx(exported(classifierProgram(config, weights))) }];
  } finally {
    model.checkpoint.close();
  }
}
