import {
  checkShapes,
  classifierConfigOf,
  classifierShapes,
  FORMAT,
  type ModelFile,
  openModel,
  planClassifier,
  shapesOf,
} from '../backbone/index.ts';
import { floatToHalf, type StoredTensor, toFloat32, writeSafetensors } from '../backbone/weights/index.ts';
import { fasterRcnnShapes } from './faster-rcnn-plan.ts';
import { currentName, isDetector } from './infer-detector.ts';
import { detectorConfigOf } from './load-detector.ts';

export interface ConvertOptions {
  /** The architecture, where tensors and file do not tell it. */
  readonly arch?: string;
  /** The configuration to put into the file, as parsed from JSON; else the file's own, or what its tensors tell. */
  readonly config?: unknown;
  /** Store floating-point tensors in half precision. */
  readonly half?: boolean;
}

/** Whether a model detects, rather than classifies: by its configuration, or by its tensors' names. */
export function isDetectorModel({ checkpoint, config }: ModelFile): boolean {
  if (config === undefined) return isDetector(checkpoint.tensors.keys());
  return (config as { architecture?: unknown } | null)?.architecture === 'fasterrcnn';
}

/**
 * Turns a checkpoint, or a known model, into a model file that describes itself: safetensors with `config` in its
 * metadata, tensors under torchvision's present names. Tensors that the model does not need are kept.
 *
 * @throws ResnetCocoError as loading a model does; FILE_NOT_WRITABLE
 */
export async function convertModel(from: string, to: string, options: ConvertOptions = {}): Promise<void> {
  const opened = await openModel(from);
  try {
    const model = options.config === undefined ? opened : { ...opened, config: options.config };
    const { checkpoint } = model;
    const detects = isDetectorModel(model);
    const { config, needed } = detects ? describeDetector(model, options) : describeClassifier(model, options);
    const tensors = new Map<string, StoredTensor>();
    for (const [name, tensor] of checkpoint.tensors) {
      tensors.set(detects ? currentName(name) : name, options.half ? halved(tensor) : tensor);
    }
    checkShapes(shapesOf({ ...checkpoint, tensors }), needed, checkpoint.file, options.arch ?? config.architecture);
    await writeSafetensors(to, tensors, { format: FORMAT, config: JSON.stringify(config) });
  } finally {
    opened.checkpoint.close();
  }
}

function describeDetector(model: ModelFile, { arch }: ConvertOptions) {
  const config = detectorConfigOf(model, arch);
  return { config, needed: fasterRcnnShapes(config) };
}

function describeClassifier(model: ModelFile, { arch }: ConvertOptions) {
  const config = classifierConfigOf(model, arch);
  return { config, needed: classifierShapes(planClassifier(config)) };
}

function halved(tensor: StoredTensor): StoredTensor {
  if (tensor.dtype !== 'F32' && tensor.dtype !== 'F64' && tensor.dtype !== 'BF16') return tensor;
  const bytes = () => new Uint8Array(floatToHalf(toFloat32(tensor)).buffer);
  return { dtype: 'F16', shape: tensor.shape, bytes };
}
