import { homedir } from 'node:os';
import { join } from 'node:path';
import { ResnetCocoError } from '../../errors.ts';
import { startOf } from '../../io/regular-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How the hub is reached, as the environment says it for all programs of the hub. */
export interface HubAccess {
  /** Without a slash at its end; `HF_ENDPOINT` names a mirror. */
  readonly endpoint: string;
  readonly token: HubToken | undefined;
  /** With `HF_HUB_OFFLINE`, nothing is asked of the network. */
  readonly offline: boolean;
}

export interface HubToken {
  /** It is never shown. */
  readonly value: string;
  /** Where it was found, for messages. */
  readonly source: string;
}

const OFFICIAL = 'https://huggingface.co';
const LONGEST_TOKEN = 4096;

/** @throws ResnetCocoError DOWNLOAD_FAILED when HF_ENDPOINT is no http: or https: URL, or the token cannot be one */
export function hubAccess(env: Environment = process.env): HubAccess {
  return {
    endpoint: endpointOf(env),
    token: tokenOf(env),
    offline: /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? ''),
  };
}

function endpointOf({ HF_ENDPOINT: endpoint }: Environment): string {
  if (!endpoint) return OFFICIAL;
  const isUrl = URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol);
  if (isUrl && !/[?#]/.test(endpoint)) return endpoint.replace(/\/+$/, '');
  throw new ResnetCocoError(
    'DOWNLOAD_FAILED',
    `HF_ENDPOINT is '${endpoint.replace(/\/\/[^/]*@/, '//…@')}', not an https: or http: URL such as ${OFFICIAL}`,
  );
}

/** The token of the environment, else the one that `hf auth login` stored. */
function tokenOf(env: Environment): HubToken | undefined {
  for (const source of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = checkedToken(env[source], source);
    if (token) return token;
  }
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  const file = env.HF_TOKEN_PATH || join(home, 'token');
  return checkedToken(startOf(file, LONGEST_TOKEN)?.toString('utf8'), file);
}

function checkedToken(text: string | undefined, source: string): HubToken | undefined {
  const value = text?.trim();
  if (!value) return undefined;
  // The error of a header that cannot be sent would show it.
  if (/^[\x21-\x7e]+$/.test(value)) return { value, source };
  throw new ResnetCocoError(
    'DOWNLOAD_FAILED',
    `${source}: holds no token: a token is one word of letters, digits and _`,
  );
}
