/** The public interface, and what other rooms import besides. */

export type { Optimiser } from './optimisers/optimiser.ts';
export * from './public.ts';
