/** What users import, and what rooms share besides. */

export type { Optimiser } from './optimisers/optimiser.ts';
export * from './public.ts';
