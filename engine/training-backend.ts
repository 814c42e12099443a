import type { ProgramInputs, ProgramOutputs, Snapshot } from './engine.ts';
import type { NamedArrays } from './optimizers/optimizer.ts';

/** How an engine trains a model in parts. Passes are numbered; the engine holds their tensors. */
export interface TrainingBackend {
  forward(part: string, inputs: ProgramInputs): Promise<{ readonly pass: number; readonly outputs: ProgramOutputs }>;
  /** Consumes a forward pass. @param cotangents those of the same name are summed up */
  backward(
    pass: number,
    cotangents: readonly ProgramInputs[],
  ): Promise<{ readonly pass: number; readonly inputGradients: ProgramOutputs }>;
  /** Copies the weight gradients of a backward pass. */
  weightGradients(pass: number): Promise<NamedArrays>;
  /** Consumes backward passes. @returns the norm of the gradients, if they are clipped */
  apply(passes: readonly number[], learningRate: number): Promise<number | undefined>;
  /** Frees the tensors of a pass. */
  release(pass: number): void;
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
}
