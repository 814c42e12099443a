/** What users import from `resnet-coco/engine`; other rooms import `index.ts`. */

export { createEngine } from './create-engine.ts';
export { type EngineReport, examineEngines } from './doctor.ts';
export * from './engine.ts';
export * from './host-tensor.ts';
export { exportOnnx } from './onnx/onnx-engine.ts';
export type { OptimiserSettings } from './optimisers/create-optimiser.ts';
export type { NamedArrays } from './optimisers/optimiser.ts';
export { createSchedule, type Schedule, type ScheduleSettings } from './optimisers/schedules.ts';
