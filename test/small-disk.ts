import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of so little room, where that can be had: as root, on Linux. */
export function smallDisk(kilobytes: number): { readonly folder: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]);
  const remove = (): void => {
    if (status === 0) spawnSync('umount', ['-l', folder]);
    rmdirSync(folder);
  };
  if (status === 0) return { folder, remove };
  remove();
  return undefined;
}
