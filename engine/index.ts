/** The public interface, and what other rooms import besides. */

export type { Optimizer } from './optimizers/optimizer.ts';
export * from './public.ts';
