export { cacheFolder } from '../../datasets/download/cache-folder.ts';
export type { DownloadProgress, FetchOptions } from '../../datasets/download/download.ts';
export { type Checkpoint, openCheckpoint, toFloat32 } from './checkpoint.ts';
export { fetchModel, listModels, type ModelListing, modelPath } from './fetch-model.ts';
export { floatToHalf } from './half-floats.ts';
export { findModel, isModelName, type KnownModel, knownModels, type PublishedMetric } from './known-models.ts';
export { writeSafetensors } from './safetensors.ts';
export type { StoredDType, StoredTensor } from './stored-tensor.ts';
