/** The public exports of `resnet-coco/engine`; `index.ts` also has what other rooms use. */

export { createEngine } from './create-engine.ts';
export { type EngineReport, examineEngines } from './doctor.ts';
export {
  type BackwardPass,
  type Dim,
  type Engine,
  type EngineName,
  type EngineOptions,
  type EngineTensor,
  engineNames,
  type ForwardPass,
  type Gradients,
  type HostInputs,
  type InputSpec,
  type LossResult,
  type LossSpec,
  type NamedTensors,
  type PartResult,
  type PartSpec,
  type PartsProgram,
  type PartsSpec,
  type Program,
  type ProgramInputs,
  type ProgramOutputs,
  type ProgramSpec,
  type Snapshot,
  type StepResult,
  type Tensor,
  type TrainedPart,
  type TrainingOptions,
  type TrainingProgram,
  type Weights,
} from './engine.ts';
export type { HostTensor } from './host-tensor.ts';
export { exportOnnx } from './onnx/export-onnx.ts';
export type { OptimizerSettings } from './optimizers/create-optimizer.ts';
export type { NamedArrays } from './optimizers/optimizer.ts';
export { createSchedule, type Schedule, type ScheduleSettings } from './optimizers/schedules.ts';
