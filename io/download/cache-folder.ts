import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of downloads: weights, and data sets in `datasets/`. It is `RESNET_COCO_HOME`, else `resnet-coco` in
 * `XDG_CACHE_HOME`, else in the system's cache folder: `~/.cache`, on macOS `~/Library/Caches`, on Windows
 * `LOCALAPPDATA`. An empty variable counts as unset, and so does a relative `XDG_CACHE_HOME`, as in the XDG
 * specification.
 */
export function cacheFolder(env: Environment = process.env, platform: string = process.platform): string {
  if (env.RESNET_COCO_HOME) return resolve(env.RESNET_COCO_HOME);
  return join(systemCache(env, platform), 'resnet-coco');
}

function systemCache(env: Environment, platform: string): string {
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return env.XDG_CACHE_HOME;
  if (platform === 'win32') return env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return join(homedir(), '.cache');
}
