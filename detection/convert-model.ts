import { tensorShapes } from '../backbone/index.ts';
import { type OpenModelOptions, openModel, writeConverted } from '../checkpoints/index.ts';
import { describeModel } from './describe-model.ts';

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
    const { config, parameters } = describeModel(model, options.arch);
    await writeConverted(to, model.checkpoint, {
      architecture: options.arch ?? config.architecture,
      config,
      needed: tensorShapes(parameters),
      half: options.half ?? false,
    });
  } finally {
    opened.checkpoint.close();
  }
}
