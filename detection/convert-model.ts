import { classifierConfigOf, classifierShapes, planClassifier, tensorShapes } from '../backbone/index.ts';
import {
  checkFit,
  FORMAT,
  floatToHalf,
  isOfTheModel,
  type ModelFile,
  type OpenModelOptions,
  openModel,
  readNumbers,
  type StoredTensor,
  writeSafetensors,
} from '../checkpoints/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { detectorParameters, isDetectorModel } from './architectures/architectures.ts';
import { detectorConfigOf } from './load-detector.ts';

/** Settings of `convertModel`. */
export interface ConvertModelOptions extends Pick<OpenModelOptions, 'onNote'> {
  /** The architecture, where tensors and file do not tell it. */
  readonly arch?: string;
  /** The configuration to put into the file, as parsed from JSON; else the file's own, or what its tensors tell. */
  readonly config?: unknown;
  /** The file that `config` was read from, for errors. */
  readonly configFile?: string;
  /** Store floating-point tensors in half precision. */
  readonly half?: boolean;
}

/**
 * Turns a checkpoint, or a known model, into a model file that describes itself: safetensors with `config` in its
 * metadata, tensors under torchvision's present names. What training left beside the weights is left out.
 *
 * @throws ResnetCocoError as loading a model does; FILE_NOT_WRITABLE; BAD_MODEL for numbers beyond half precision
 */
export async function convertModel(from: string, to: string, options: ConvertModelOptions = {}): Promise<void> {
  const opened = await openModel(from, options);
  try {
    const model =
      options.config === undefined
        ? opened
        : { ...opened, config: options.config, configFile: options.configFile ?? 'config' };
    const { checkpoint } = model;
    const detects = isDetectorModel(model);
    const { config, needed } = detects ? describeDetector(model, options) : describeClassifier(model, options);
    const { file } = checkpoint;
    const shapes = new Map<string, readonly number[]>();
    const tensors = new Map<string, StoredTensor>();
    for (const [name, tensor] of checkpoint.tensors) {
      shapes.set(name, tensor.shape);
      const isNeeded = Object.hasOwn(needed, name);
      if (!isNeeded && !isOfTheModel(name)) continue;
      // Counters beside the weights stay as they are.
      tensors.set(name, !isNeeded ? tensor : (options.half ? halved : checked)(file, name, tensor));
    }
    checkFit(shapes, needed, file, options.arch ?? config.architecture);
    await writeSafetensors(to, tensors, { format: FORMAT, config: JSON.stringify(config) });
  } finally {
    opened.checkpoint.close();
  }
}

function describeDetector(model: ModelFile, { arch }: ConvertModelOptions) {
  const config = detectorConfigOf(model, arch);
  return { config, needed: tensorShapes(detectorParameters(config)) };
}

function describeClassifier(model: ModelFile, { arch }: ConvertModelOptions) {
  const config = classifierConfigOf(model, { arch });
  return { config, needed: classifierShapes(planClassifier(config)) };
}

/** The tensor, whose numbers are looked at when it is written: nothing comes of the file where they are not fit. */
function checked(file: string, name: string, tensor: StoredTensor): StoredTensor {
  const bytes = () => {
    readNumbers(file, name, tensor);
    return tensor.bytes();
  };
  return { ...tensor, bytes };
}

const LARGEST_HALF = 65504;

function halved(file: string, name: string, tensor: StoredTensor): StoredTensor {
  const bytes = () => {
    const halves = floatToHalf(readNumbers(file, name, tensor));
    const beyond = halves.reduce((count, half) => count + Number((half & 0x7fff) === 0x7c00), 0);
    if (!beyond) return new Uint8Array(halves.buffer);
    const problem = `${beyond} of its ${halves.length} numbers are beyond ${LARGEST_HALF}, the largest of half precision`;
    throw new ResnetCocoError('BAD_MODEL', `${file}: ${name}: ${problem}; leave out --half`);
  };
  return { dtype: 'F16', shape: tensor.shape, bytes };
}
