import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OFFICIAL = 'https://registry.npmjs.org/';
const PATIENCE_MS = 10_000;

/** Asks npm, which reads all .npmrc files; without npm, the official registry. */
async function askNpm(): Promise<string> {
  const windows = process.platform === 'win32';
  const args = ['config', 'get', 'registry'];
  const { stdout } = await promisify(execFile)(windows ? 'npm.cmd' : 'npm', args, {
    shell: windows,
    timeout: PATIENCE_MS,
  });
  return stdout.trim();
}

/** The user's npm registry, with a slash at its end. */
async function npmRegistry(): Promise<string> {
  const set = process.env.npm_config_registry || (await askNpm().catch(() => ''));
  return /^https?:\/\//.test(set) ? `${set.replace(/\/+$/, '')}/` : OFFICIAL;
}

/** The URL of a package's file at the user's registry; other URLs are unchanged. */
export async function atUsersRegistry(url: string): Promise<string> {
  if (!url.startsWith(OFFICIAL)) return url;
  return (await npmRegistry()) + url.slice(OFFICIAL.length);
}
