import { type Fingerprint, fingerprintChange } from '../datasets/fingerprint.ts';
import type { RunConfig } from './run-config.ts';

/** By what the data of a run is known again, as its configuration has it in `data`. */
export type RunData = Readonly<Record<'trained' | 'evaluated', Fingerprint | undefined>>;

/**
 * What a person should know where a run goes on with other data than it was begun with, of which there is as much. It
 * goes on all the same: times differ in a copy, too.
 */
export function dataChanges(before: RunConfig, after: RunConfig): string[] {
  const [old, now] = [before.data, after.data] as unknown as (Partial<RunData> | undefined)[];
  return (['trained', 'evaluated'] as const).flatMap((use) => {
    const [was, is] = [old?.[use], now?.[use]];
    const change = was && is && fingerprintChange(was, is);
    if (!change) return [];
    return [
      `the data set that is ${use} on has changed since the run was begun: ${change}; where it is not a copy of the same, what comes out is neither's`,
    ];
  });
}
