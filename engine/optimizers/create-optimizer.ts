import { AdamW, type AdamWSettings } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { Sgd, type SgdSettings } from './sgd.ts';

/** An optimizer and its settings. */
export type OptimizerSettings = ({ readonly kind: 'sgd' } & SgdSettings) | ({ readonly kind: 'adamw' } & AdamWSettings);

export const createOptimizer = (settings: OptimizerSettings): Optimizer =>
  settings.kind === 'sgd' ? new Sgd(settings) : new AdamW(settings);
