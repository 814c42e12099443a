export { type Checkpoint, openCheckpoint } from './checkpoint.ts';
export { refuseDialect } from './dialects/table.ts';
export { fetchModel, type HubModelListing, listHubModels, listModels, type ModelListing } from './fetch-model.ts';
export { checkFit, listNames, strangers } from './fit.ts';
export { isHubName } from './hub/hub-name.ts';
export type { DescribedNetwork, ModelDescription } from './hub/model-description.ts';
export { FASTER_RCNN_V2, findModel, isModelName, type KnownModel, knownModels, RETINANET_V2 } from './known-models.ts';
export {
  besideWeights,
  type ModelFile,
  type OpenModelOptions,
  openFolder,
  openModel,
  openModelFile,
  openModelKinds,
  readNumbers,
  readWeights,
  refuseQuantized,
  shapesOf,
} from './model-file.ts';
export { CONFIG_FILE, modelFolder, PREPROCESSOR_FILE, WEIGHT_FILES } from './model-folder.ts';
export { writeSafetensors } from './safetensors.ts';
export type { Shapes } from './shapes.ts';
export type { StoredTensor } from './stored-tensor.ts';
export { toFloat32 } from './to-float32.ts';
export { writeConverted } from './write-converted.ts';
export { writeModel } from './write-model.ts';
export { asQuantized, writeQuantized } from './write-quantized.ts';
