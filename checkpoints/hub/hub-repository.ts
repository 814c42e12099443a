import { ResnetCocoError } from '../../errors.ts';
import type { FetchOptions } from '../../io/download/download.ts';
import type { FileDigest } from '../../io/download/file-digest.ts';
import { proxyHint } from '../../io/download/mirror.ts';
import { isWorthRetry, type Patience, waitBeforeRetry } from '../../io/download/patience.ts';
import { asTransferError, headersFor, publicUrl, statusError, TransferError } from '../../io/download/transfer.ts';
import type { HubAccess } from './hub-access.ts';
import { type HubName, isCommit } from './hub-name.ts';

/** The hub did not give what was asked. */
export class HubError extends ResnetCocoError {
  /** `unreachable` and `denied` say nothing of the files; `absent`: the hub says that they are not there. */
  readonly kind: 'unreachable' | 'denied' | 'absent';

  constructor(kind: HubError['kind'], message: string, options?: ErrorOptions) {
    super('DOWNLOAD_FAILED', message, options);
    this.kind = kind;
  }
}

/** A file of a repository, as the hub describes it. */
export interface HubFile {
  readonly path: string;
  /** The commit that the file is read from. */
  readonly commit: string;
  readonly url: URL;
  /** SHA-256 of a large file, git's SHA-1 of a small one. */
  readonly digest: FileDigest;
  readonly bytes: number | undefined;
}

/** The most redirects to follow, as in fetch. */
const MOST_HOPS = 20;
/** The most bytes of a list of files. */
const MOST_LISTED = 2 ** 25;

/** A repository on the hub, as the hub's answers describe it. Its methods throw `HubError`. */
export class HubRepository {
  readonly #name: HubName;
  readonly #access: HubAccess;
  readonly #options: FetchOptions;
  readonly #patience: Patience;
  /** Whether an answer showed that the repository and its revision are there. */
  #isThere = false;

  constructor(name: HubName, access: HubAccess, options: FetchOptions, patience: Patience) {
    this.#name = name;
    this.#access = access;
    this.#options = options;
    this.#patience = patience;
  }

  /** Its page on the hub. */
  get page(): string {
    return `${publicUrl(new URL(this.#access.endpoint)).href.replace(/\/$/, '')}/${this.#name.owner}/${this.#name.name}`;
  }

  /** Describes a file without fetching it; undefined when the repository or the revision has no such file. */
  async describe(path: string, revision: string): Promise<HubFile | undefined> {
    const url = (at: string) => this.#url(`${this.#path}/resolve/${encodeURIComponent(at)}/${encodePath(path)}`);
    const { commit, etag, bytes, response } = await this.#head(url(revision));
    const code = errorCode(response);
    if (response.status < 400 || code === 'EntryNotFound') this.#isThere = true;
    if (response.status === 404 && code !== 'RepoNotFound' && code !== 'RevisionNotFound') return undefined;
    if (response.status >= 400) throw this.#refusal(response);
    if (commit === undefined || (isCommit(revision) && commit !== revision))
      throw this.#notTheHub(response, 'X-Repo-Commit');
    const digest = digestOf(etag);
    if (!digest) throw this.#notTheHub(response, `ETag of ${path}`);
    return { path, commit, url: url(commit), digest, bytes };
  }

  /** The paths of all files of a revision; none if it is there, and a mirror does not list them. */
  async list(revision: string): Promise<string[]> {
    const path = `/api/models${this.#path}`;
    const response = await this.#request(this.#url(`${path}/revision/${encodeURIComponent(revision)}`));
    if (!response.ok && this.#isThere) return [];
    if (response.status === 404 && errorCode(response) === undefined) {
      // A mirror may not say what is missing: the repository, or its revision.
      const whole = await this.#request(this.#url(path));
      throw whole.ok ? this.#refusal(response, 'RevisionNotFound') : this.#refusal(whole);
    }
    if (!response.ok) throw this.#refusal(response);
    const { siblings } = (await readJson(response)) as { readonly siblings?: unknown };
    if (!Array.isArray(siblings)) throw this.#notTheHub(response, 'list of files');
    return siblings
      .map((file) => (file as { readonly rfilename?: unknown } | null)?.rfilename)
      .filter((file) => typeof file === 'string');
  }

  get #path(): string {
    return `/${this.#name.owner}/${this.#name.name}`;
  }

  #url(path: string): URL {
    return new URL(this.#access.endpoint + path);
  }

  /**
   * Asks for a file's headers. On the hub, the first answer has them, and redirects to another host for a large file,
   * and to another name for a renamed repository. The token goes only to the hub's own host.
   */
  async #head(first: URL) {
    let [commit, etag, bytes]: [string?, string?, number?] = [];
    for (let [url, hops] = [first, 0]; ; hops++) {
      const response = await this.#request(url, 'HEAD', url.origin === first.origin);
      const { headers, status } = response;
      const header = headers.get('x-repo-commit') ?? '';
      if (isCommit(header)) commit ??= header;
      const location = status >= 300 && status < 400 ? headers.get('location') : null;
      const linked = headers.get('x-linked-etag');
      const own = headers.get('etag');
      if (etag === undefined && (linked !== null || (own !== null && digestOf(own)))) {
        etag = linked ?? own ?? undefined;
        const size = headers.get(linked !== null ? 'x-linked-size' : 'content-length');
        if (size !== null && /^\d+$/.test(size) && (linked !== null || location === null)) bytes = Number(size);
      }
      if (location === null || (commit && etag)) return { commit, etag, bytes, response };
      if (!URL.canParse(location, url.href) || hops === MOST_HOPS) throw this.#notTheHub(response, 'useful redirect');
      url = new URL(location, url);
      if (!/^https?:$/.test(url.protocol)) throw this.#notTheHub(response, 'redirect to https:');
    }
  }

  /** The answer to a request, with retries for as long as the hub is busy or the connection breaks. */
  async #request(url: URL, method: 'GET' | 'HEAD' = 'GET', isOwnHost = true): Promise<Response> {
    const { stallMs } = this.#patience;
    const { signal } = this.#options;
    const bearer = isOwnHost ? this.#access.token?.value : undefined;
    for (let failures = 0; ; failures++) {
      try {
        const slow = AbortSignal.timeout(stallMs);
        const response = await fetch(publicUrl(url), {
          method,
          headers: headersFor(url, bearer),
          redirect: method === 'HEAD' ? 'manual' : 'follow',
          signal: signal ? AbortSignal.any([signal, slow]) : slow,
        });
        const failure = response.status >= 400 ? statusError(response) : undefined;
        if (failure?.transient) throw failure;
        return response;
      } catch (error) {
        signal?.throwIfAborted();
        const isSlow = (error as Error).name === 'TimeoutError';
        const failure = isSlow
          ? new TransferError(`no answer for ${stallMs / 1000} s`, true)
          : asTransferError(error, true);
        if (!isWorthRetry(failure, failures, this.#patience)) throw this.#unreachable(failure);
        await waitBeforeRetry(failure, failures, this.#patience, publicUrl(url), this.#options);
      }
    }
  }

  #unreachable(cause: TransferError): HubError {
    const { endpoint } = this.#access;
    const isBusy = cause.waitMs !== undefined;
    const shown = publicUrl(new URL(endpoint)).href;
    const wait = isBusy ? `it asks to wait ${Math.ceil((cause.waitMs ?? 0) / 1000)} s` : 'check the connection';
    return new HubError(
      'unreachable',
      `${this.#name.text}: ${shown}: ${cause.message}; ${wait}, set HF_ENDPOINT to a mirror, or name a folder that has the files${proxyHint()}`,
      { cause },
    );
  }

  /** The error for an answer that is no answer of the hub. */
  #notTheHub({ headers }: Response, lacks: string): HubError {
    const { endpoint } = this.#access;
    const isPage = /^text\/html/i.test(headers.get('content-type') ?? '');
    const what = isPage
      ? 'answers with a web page, as a proxy or a login page does'
      : `does not answer as the hub does (no ${lacks})`;
    const shown = publicUrl(new URL(endpoint)).href;
    return new HubError('unreachable', `${this.#name.text}: ${shown} ${what}; check HF_ENDPOINT and the connection`);
  }

  /** The error for an answer with a status of refusal. */
  #refusal(response: Response, code = errorCode(response)): HubError {
    const { status } = response;
    const { text, revision } = this.#name;
    const { token } = this.#access;
    const refused = (kind: HubError['kind'], problem: string) => new HubError(kind, `${text}: ${problem}`);
    if (code === 'GatedRepo' || (status === 403 && code !== 'RepoNotFound')) {
      const remedy = token
        ? `the account of the token in ${token.source} has no access yet: ask for it at ${this.page}`
        : `accept its terms at ${this.page}, then set HF_TOKEN to a token of that account`;
      return refused('denied', `access is restricted (HTTP ${status}); ${remedy}`);
    }
    if (code === 'RevisionNotFound') {
      return refused(
        'absent',
        `the repository has no revision '${revision}'; give a branch, a tag or a commit of ${this.page}`,
      );
    }
    if (status === 401 && code !== 'RepoNotFound') {
      const remedy = token
        ? `the hub refuses the token in ${token.source}: it is mistyped or has expired; make another, or unset it for public models`
        : `private, or not there; check the name, and set HF_TOKEN to a token of an account that may read it`;
      return refused('denied', `${remedy} (HTTP 401)`);
    }
    if (status === 401 || status === 404) {
      const remedy = token
        ? `or the account of the token in ${token.source} may not read it`
        : 'or it is private: then set HF_TOKEN to a token of an account that may read it';
      return refused(status === 401 ? 'denied' : 'absent', `there is no repository ${this.page}, ${remedy}`);
    }
    return refused('unreachable', `${this.page}: HTTP ${status}`);
  }
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** The hub's word for what is wrong; a mirror may have none. */
const errorCode = ({ headers }: Response): string | undefined => headers.get('x-error-code') ?? undefined;

/** The digest in an ETag of the hub. */
function digestOf(etag: string | undefined): FileDigest | undefined {
  const hex = /^(?:W\/)?"?([0-9a-f]+)"?$/.exec(etag ?? '')?.[1] ?? '';
  if (hex.length === 64) return { algorithm: 'sha256', hex };
  return hex.length === 40 ? { algorithm: 'git', hex } : undefined;
}

/** The JSON of an answer; an empty object when it is none, or too long. */
async function readJson({ body }: Response): Promise<object> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MOST_LISTED) return {};
    chunks.push(chunk);
  }
  try {
    return Object(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return {};
  }
}
