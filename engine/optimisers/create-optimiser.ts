import { AdamW, type AdamWSettings } from './adamw.ts';
import type { Optimiser } from './optimiser.ts';
import { Sgd, type SgdSettings } from './sgd.ts';

/** An optimizer and its settings. */
export type OptimiserSettings = ({ readonly kind: 'sgd' } & SgdSettings) | ({ readonly kind: 'adamw' } & AdamWSettings);

export const createOptimiser = (settings: OptimiserSettings): Optimiser =>
  settings.kind === 'sgd' ? new Sgd(settings) : new AdamW(settings);
