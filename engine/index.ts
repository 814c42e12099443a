/** The public interface, and what other rooms import besides. */

export { engineOptionKinds, startEngine } from './create-engine.ts';
export type { Optimizer } from './optimizers/optimizer.ts';
export * from './public.ts';
