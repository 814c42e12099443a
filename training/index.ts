export { type LogEntry, RunLog, readLog } from './log.ts';
export { escaped, type ModelCard, markdownTable, writeModelCard } from './model-card.ts';
export {
  type OptimizationChoices,
  type OptimizationSettings,
  optimizationKinds,
  optimizationOptions,
} from './optimization-options.ts';
export { optimizationNames, optimizationSettings, scheduleProblem } from './optimization-settings.ts';
export { categoryMetric } from './page/category-table.ts';
export { commandLine, settingName, settingRows, settingValue } from './page/setting-words.ts';
export { type TrainingReport, writeTrainingPage } from './page/training-report.ts';
export type { TrainingEntry, TrainingRun } from './page/training-run.ts';
export { readRunCheckpoint, readRunConfig } from './run-checkpoint.ts';
export type { RunConfig } from './run-config.ts';
export { type RunFiles, runFiles, storedConfig } from './run-folder.ts';
export { runTraining } from './run-training.ts';
export { TensorBoardWriter } from './tensorboard.ts';
export {
  type EarlyEnd,
  type LoopState,
  type PlainPaths,
  type RunOptions,
  type RunSummary,
  runOptionKinds,
  type StartWeights,
  type StepOutcome,
  type TrainingTask,
  withPlainPaths,
} from './training-task.ts';
