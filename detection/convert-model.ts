import { tensorShapes } from '../backbone/index.ts';
import {
  type OpenModelOptions,
  openModelFile,
  openModelKinds,
  refuseQuantized,
  writeConverted,
} from '../checkpoints/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { checkOptions, type OptionKinds, pathArgument } from '../io/options.ts';
import { describeModel } from './describe-model.ts';

/** Settings of `convertModel`. */
export interface ConvertModelOptions extends OpenModelOptions {
  /** The architecture, where tensors and file do not tell it. */
  readonly arch?: string;
  /** The configuration to put into the file, as parsed from JSON; else the file's own, or what its tensors tell. */
  readonly config?: unknown;
  /** The file that `config` was read from, for errors. */
  readonly configFile?: string;
  /** Store floating-point tensors in half precision. */
  readonly half?: boolean;
}

const kinds: OptionKinds<ConvertModelOptions> = {
  ...openModelKinds,
  arch: 'text',
  config: 'checked',
  configFile: 'text',
  half: 'boolean',
};

/**
 * Turns a checkpoint, a known model or one on the Hugging Face hub into a model file that describes itself: safetensors with `config` in its
 * metadata, tensors under torchvision's present names. What training left beside the weights is left out.
 *
 * @throws ResnetCocoError USAGE where `to` has the extension of another format; as loading a model does;
 *   FILE_NOT_WRITABLE; BAD_MODEL for numbers beyond half precision
 */
export async function convertModel(
  from: string | URL,
  to: string | URL,
  options: ConvertModelOptions = {},
): Promise<void> {
  const call = 'convertModel';
  checkOptions(call, options, kinds);
  const target = pathArgument(call, 'the file to write', to);
  checkExtension(target);
  const opened = await openModelFile(call, from, options);
  try {
    refuseQuantized(opened, 'a conversion would take its eight bits from it');
    const model =
      options.config === undefined
        ? opened
        : { ...opened, config: options.config, configFile: options.configFile ?? 'convertModel' };
    const { config, parameters } = describeModel(model, options.arch);
    await writeConverted(target, model.checkpoint, {
      architecture: options.arch ?? config.architecture,
      config,
      needed: tensorShapes(parameters),
      half: options.half ?? false,
    });
  } finally {
    opened.checkpoint.close();
  }
}

/** Extensions of formats that programs tell by the name. */
const OTHER_FORMATS = /\.(onnx|pth?|th|ckpt|pkl|npz?|h5|hdf5|keras|pb|tflite|torchscript)$/i;

/** @throws ResnetCocoError USAGE for a name under which no program would find safetensors */
function checkExtension(to: string): void {
  const [extension] = OTHER_FORMATS.exec(to) ?? [];
  if (extension === undefined) return;
  const isOnnx = extension.toLowerCase() === '.onnx';
  const remedy = isOnnx ? `; ONNX is written by resnet-coco export MODEL --out ${to} (\`exportModel\`)` : '';
  throw new ResnetCocoError('USAGE', `${to}: a conversion writes safetensors; name a .safetensors file${remedy}`);
}
