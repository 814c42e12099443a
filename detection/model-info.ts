import { statSync } from 'node:fs';
import { classifierConfigOf, classifierShapes, openModel, parameterCount, planClassifier } from '../backbone/index.ts';
import { findModel, isModelName, listModels, type ModelListing } from '../backbone/weights/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import { isDetectorModel } from './convert-model.ts';
import { detectorParameterCount } from './faster-rcnn-plan.ts';
import { detectorConfigOf } from './load-detector.ts';

/** What a model file holds. */
export interface ModelFileInfo {
  readonly file: string;
  readonly bytes: number;
  readonly task: 'classification' | 'detection' | 'unknown';
  readonly tensors: number;
  /** Element types, and how many tensors have each. */
  readonly dtypes: Readonly<Record<string, number>>;
  /** What training adjusts; absent where the architecture cannot be told. */
  readonly parameters?: number;
  /** Whether the file describes itself, rather than being told by its tensors. */
  readonly selfDescribing: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Why there is no `config`. */
  readonly problem?: string;
}

/** What is known of a model by that name, and its configuration. */
export type KnownModelInfo = ModelListing & { readonly config: Readonly<Record<string, unknown>> };

export type ModelInfo = ModelFileInfo | KnownModelInfo;

/**
 * What is known of a model, or stored in a model file.
 *
 * @throws ResnetCocoError UNKNOWN_MODEL, FILE_NOT_FOUND, BAD_CHECKPOINT, UNSAFE_CHECKPOINT
 */
export async function modelInfo(nameOrFile: string): Promise<ModelInfo> {
  if (isModelName(nameOrFile)) {
    const { config, name } = findModel(nameOrFile);
    return { ...(await listModels()).find((model) => model.name === name)!, config };
  }
  const model = await openModel(nameOrFile);
  const { checkpoint } = model;
  try {
    const dtypes: Record<string, number> = {};
    for (const { dtype } of checkpoint.tensors.values()) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
    const { file } = checkpoint;
    const selfDescribing = model.config !== undefined;
    const held = { file, bytes: statSync(file).size, tensors: checkpoint.tensors.size, dtypes, selfDescribing };
    try {
      if (isDetectorModel(model)) {
        const config = detectorConfigOf(model);
        return { ...held, task: 'detection', parameters: detectorParameterCount(config), config };
      }
      const config = classifierConfigOf(model);
      const parameters = parameterCount(classifierShapes(planClassifier(config)));
      return { ...held, task: 'classification', parameters, config };
    } catch (error) {
      return { ...held, task: 'unknown', problem: (error as ResnetCocoError).message };
    }
  } finally {
    checkpoint.close();
  }
}
