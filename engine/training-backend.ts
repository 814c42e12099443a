import type { ProgramInputs, ProgramOutputs, Snapshot } from './engine.ts';
import type { NamedArrays } from './optimisers/optimiser.ts';

/** How an engine trains a model in parts. Passes are numbered; what belongs to them lies with the engine. */
export interface TrainingBackend {
  forward(part: string, inputs: ProgramInputs): Promise<{ readonly pass: number; readonly outputs: ProgramOutputs }>;
  /** Uses a forward pass up. */
  backward(
    pass: number,
    cotangents: ProgramInputs,
  ): Promise<{ readonly pass: number; readonly inputGradients: ProgramOutputs }>;
  /** Copies of a backward pass's gradients by weights. */
  weightGradients(pass: number): Promise<NamedArrays>;
  /** Uses backward passes up. @returns the norm of the gradients, where they are clipped */
  apply(passes: readonly number[], learningRate: number): Promise<number | undefined>;
  /** Frees what belongs to a pass. */
  release(pass: number): void;
  snapshot(): Promise<Snapshot>;
  dispose(): Promise<void>;
}
