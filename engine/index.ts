/** The public exports, and what other rooms use. */

export { engineOptionKinds, startEngine } from './create-engine.ts';
export { sizeOf } from './host-tensor.ts';
export * from './public.ts';
