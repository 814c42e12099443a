export { createEngine } from './create-engine.ts';
export { type EngineReport, examineEngines } from './doctor.ts';
export * from './engine.ts';
export * from './host-tensor.ts';
export { exportOnnx } from './onnx/onnx-engine.ts';
export { conv2d } from './ops/conv2d.ts';
export { maxPool } from './ops/max-pool.ts';
export { type RoiAlignAttributes, roiAlign } from './ops/roi-align.ts';
export { Random } from './random.ts';
