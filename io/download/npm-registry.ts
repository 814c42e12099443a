import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OFFICIAL = 'https://registry.npmjs.org/';
const PATIENCE_MS = 10_000;

/** npm's own answer, with all of its .npmrc files; the official registry where there is no npm. */
async function askNpm(): Promise<string> {
  const windows = process.platform === 'win32';
  const args = ['config', 'get', 'registry'];
  const { stdout } = await promisify(execFile)(windows ? 'npm.cmd' : 'npm', args, {
    shell: windows,
    timeout: PATIENCE_MS,
  });
  return stdout.trim();
}

/** The npm registry that this user has set, with a slash at its end. */
async function npmRegistry(): Promise<string> {
  const set = process.env.npm_config_registry || (await askNpm().catch(() => ''));
  return /^https?:\/\//.test(set) ? `${set.replace(/\/+$/, '')}/` : OFFICIAL;
}

/** Where a package's file is, at the registry that this user has set; other URLs are left as they are. */
export async function atUsersRegistry(url: string): Promise<string> {
  if (!url.startsWith(OFFICIAL)) return url;
  return (await npmRegistry()) + url.slice(OFFICIAL.length);
}
