/** A thread that helps to evaluate files. It loads little, since it is needed at once and for less than a second. */
import { parentPort } from 'node:worker_threads';
import { type ResultColumns, readChunks } from './read-chunks.ts';
import { evaluateShared, fillShared, type SharedEvaluation, type SharedNumbers } from './shared-evaluation.ts';

export type FileJob =
  | { readonly read: ResultColumns }
  | { readonly fill: SharedNumbers }
  | { readonly evaluate: SharedEvaluation };

parentPort?.on('message', (job: FileJob) => {
  if ('read' in job) readChunks(job.read);
  else if ('fill' in job) fillShared(job.fill);
  else evaluateShared(job.evaluate);
  parentPort?.postMessage({ result: undefined });
});
