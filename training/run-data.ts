import { type Fingerprint, fingerprintChange } from '../datasets/fingerprint.ts';
import type { RunConfig } from './run-config.ts';

/** The fingerprints of a run's data, in `data` of its configuration. */
export type RunData = Readonly<Record<'trained' | 'evaluated', Fingerprint | undefined>>;

/**
 * A note for a run that is resumed with other data of the same size. The run goes on nevertheless, because times also
 * differ in a copy of the data.
 */
export function dataChanges(before: RunConfig, after: RunConfig): string[] {
  const [old, now] = [before.data, after.data] as unknown as (Partial<RunData> | undefined)[];
  return (['trained', 'evaluated'] as const).flatMap((use) => {
    const [was, is] = [old?.[use], now?.[use]];
    const change = was && is && fingerprintChange(was, is);
    if (!change) return [];
    return [
      `the data set that is ${use} on has changed since the run was started: ${change}; unless it is a copy, the result belongs to neither data set`,
    ];
  });
}
