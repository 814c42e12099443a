import { basename, join } from 'node:path';
import { readSettingsFile } from '../../io/json/settings-file.ts';
import { isFile } from '../../io/regular-file.ts';
import { shownValue } from '../../io/shown-value.ts';
import { CONFIG_FILE, PREPROCESSOR_FILE } from '../model-folder.ts';
import { processorSettings } from './image-processor.ts';
import type { ModelDescription } from './model-description.ts';
import { isOfTimm, timmDescription } from './timm-config.ts';
import { isOfTransformers, transformersDescription } from './transformers-config.ts';

/** What lies beside weights: a description of another framework, or a configuration of this toolkit. */
export interface Beside {
  readonly description?: ModelDescription;
  /** Not checked yet, with its file for errors. */
  readonly config?: unknown;
  readonly configFile?: string;
  readonly notes: readonly string[];
}

/**
 * Reads `config.json` and `preprocessor_config.json` of timm or of Hugging Face's transformers in a folder, and this
 * toolkit's own `config.json`.
 *
 * @throws ResnetCocoError FILE_NOT_FOUND; BAD_CONFIG for JSON that is damaged, or says what is not supported
 */
export async function readBeside(folder: string): Promise<Beside> {
  const read = async (name: string): Promise<unknown> => {
    const file = join(folder, name);
    return isFile(file) ? await readSettingsFile(file) : undefined;
  };
  const config = await read(CONFIG_FILE);
  const configFile = join(folder, CONFIG_FILE);
  if (isOfTimm(config)) return { description: timmDescription(config, configFile), notes: [] };
  const described = isOfTransformers(config) ? transformersDescription(config, configFile) : undefined;
  if (typeof described === 'string') return { notes: [`${configFile}: not used: ${described}`] };
  const processor = described || config === undefined ? await read(PREPROCESSOR_FILE) : undefined;
  if (described || processor !== undefined) {
    const file = join(folder, PREPROCESSOR_FILE);
    const settings = processor === undefined ? {} : processorSettings(processor, file);
    const description = described ?? { file, settings: {}, notes: [] };
    const missing = processor === undefined ? [`no ${PREPROCESSOR_FILE}: images are prepared as torchvision does`] : [];
    return {
      description: {
        ...description,
        settings: { ...description.settings, ...settings },
        notes: [...description.notes, ...missing],
      },
      notes: [],
    };
  }
  const { architecture } = (config ?? {}) as { readonly architecture?: unknown };
  if (typeof architecture === 'string') return { config, configFile, notes: [] };
  const is =
    config === undefined
      ? []
      : [`${basename(configFile)}: not used: neither of timm nor of transformers: ${shownValue(config)}`];
  return { notes: is };
}
