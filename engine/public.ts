/** What users import from `resnet-coco/engine`; other rooms import `index.ts`. */

export { createEngine } from './create-engine.ts';
export { type EngineReport, examineEngines } from './doctor.ts';
export * from './engine.ts';
export * from './host-tensor.ts';
export { exportOnnx } from './onnx/onnx-engine.ts';
export type { OptimizerSettings } from './optimizers/create-optimizer.ts';
export type { NamedArrays } from './optimizers/optimizer.ts';
export { createSchedule, type Schedule, type ScheduleSettings } from './optimizers/schedules.ts';
