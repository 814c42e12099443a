export { Journal } from './journal.ts';
export { type LogEntry, RunLog, readLog } from './log.ts';
export { type ModelCard, writeModelCard } from './model-card.ts';
export { type OptimizationChoices, type OptimizationSettings, optimizationOptions } from './optimization-options.ts';
export { optimizationSettings, scheduleProblem } from './optimization-settings.ts';
export { commandLine, settingName, settingRows, settingValue } from './page/setting-words.ts';
export { type TrainingReport, writeTrainingPage } from './page/training-report.ts';
export type { TrainingEntry, TrainingRun } from './page/training-run.ts';
export { type RunProgress, readRunCheckpoint, readRunConfig } from './run-checkpoint.ts';
export type { RunConfig, RunSetting } from './run-config.ts';
export type { RunData } from './run-data.ts';
export { type RunFiles, runFiles, storedConfig } from './run-folder.ts';
export { runTraining } from './run-training.ts';
export { TensorBoardWriter } from './tensorboard.ts';
export type {
  LoopState,
  RunOptions,
  RunSummary,
  StartWeights,
  StepOutcome,
  Trainer,
  TrainingTask,
} from './training-task.ts';
