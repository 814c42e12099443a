import { statSync } from 'node:fs';
import { parameterCount, tensorShapes } from '../backbone/index.ts';
import {
  besideWeights,
  checkFit,
  findModel,
  isModelName,
  listModels,
  type ModelListing,
  type OpenModelOptions,
  openModelFile,
  openModelKinds,
  shapesOf,
} from '../checkpoints/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import { checkOptions, pathArgument } from '../io/options.ts';
import { describeModel } from './describe-model.ts';

/** What a model file holds. */
export interface ModelFileInfo {
  readonly file: string;
  readonly bytes: number;
  readonly task: 'classification' | 'detection' | 'unknown';
  readonly tensors: number;
  /** Element types, and how many tensors have each. */
  readonly dtypes: Readonly<Record<string, number>>;
  /** The file beside it that describes it, of timm or of transformers. */
  readonly describedBy?: string;
  /** What to know of the files that it is read from. */
  readonly notes?: readonly string[];
  /** What all names in the file begin with and is left out, such as `module.`. */
  readonly prefix?: string;
  /** What is beside the weights and not used, with counts. */
  readonly beside?: readonly string[];
  /** What training adjusts; absent where the architecture cannot be told. */
  readonly parameters?: number;
  /** Whether the file describes itself, rather than being told by its tensors. */
  readonly selfDescribing: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Why it does not load. */
  readonly problem?: string;
}

/** What is known of a model by that name, and its configuration. */
export type KnownModelInfo = ModelListing & { readonly config: Readonly<Record<string, unknown>> };

/** What `modelInfo` tells of a model. */
export type ModelInfo = ModelFileInfo | KnownModelInfo;

/**
 * What is known of a model, or stored in a model file. A model on the Hugging Face hub is fetched for it.
 *
 * @throws ResnetCocoError USAGE for an unknown option; UNKNOWN_MODEL, FILE_NOT_FOUND, BAD_CHECKPOINT, UNSAFE_CHECKPOINT,
 *   DOWNLOAD_FAILED
 */
export async function modelInfo(model: string | URL, options: OpenModelOptions = {}): Promise<ModelInfo> {
  checkOptions('modelInfo', options, openModelKinds);
  const nameOrFile = pathArgument('modelInfo', 'the model', model);
  if (isModelName(nameOrFile)) {
    const { config, name } = findModel(nameOrFile);
    return { ...(await listModels()).find((model) => model.name === name)!, config };
  }
  const opened = await openModelFile('modelInfo', nameOrFile, options);
  const { checkpoint } = opened;
  try {
    const dtypes: Record<string, number> = {};
    for (const { dtype, storedAs = dtype } of checkpoint.tensors.values())
      dtypes[storedAs] = (dtypes[storedAs] ?? 0) + 1;
    const { file } = checkpoint;
    const selfDescribing = opened.config !== undefined;
    const { files, prefix } = checkpoint;
    const { description, notes: ofFiles } = opened;
    const notes = [...ofFiles, ...(description?.notes ?? [])];
    const beside = besideWeights(opened);
    const held = {
      ...{
        file,
        bytes: files.reduce((sum, each) => sum + statSync(each).size, 0),
        tensors: checkpoint.tensors.size,
        dtypes,
        selfDescribing,
      },
      ...(description && { describedBy: description.file }),
      ...(notes.length ? { notes } : {}),
      ...(prefix ? { prefix } : {}),
      ...(beside.length ? { beside } : {}),
    };
    try {
      const { config, parameters, task } = describeModel(opened);
      const problem = problemOf(() =>
        checkFit(shapesOf(checkpoint), tensorShapes(parameters), file, config.architecture),
      );
      return { ...held, task, parameters: parameterCount(parameters), config: { ...config }, ...problem };
    } catch (error) {
      return { ...held, task: 'unknown', problem: (error as ResnetCocoError).message };
    }
  } finally {
    checkpoint.close();
  }
}

function problemOf(check: () => void): Pick<ModelFileInfo, 'problem'> {
  try {
    check();
    return {};
  } catch (error) {
    return { problem: (error as ResnetCocoError).message };
  }
}
