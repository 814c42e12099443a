import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root, from `dist/test/`. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Small expected values, stored with the scripts that make them. */
export const fixturesDir = join(projectRoot, 'test', 'fixtures');

/** Real data beside the checkout, not part of it: tests that need it are skipped where it is absent. */
export const sharedData = join(projectRoot, '..', 'shared', 'data');

/** True when all the named files or folders of the shared data are there. */
export const hasShared = (...names: string[]): boolean => names.every((name) => existsSync(join(sharedData, name)));
