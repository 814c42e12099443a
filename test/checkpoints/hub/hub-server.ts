import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { FileServer } from '../../io/download/file-server.ts';

/** Files of one commit, by path. */
export type Files = Readonly<Record<string, Buffer | string>>;

export interface Repository {
  /** The commit of each branch and tag. */
  readonly refs: Record<string, string>;
  readonly commits: Readonly<Record<string, Files>>;
  /** The token that may read it; undefined for everybody. */
  readonly token?: string;
  /** Whether its terms must be accepted, and were not. */
  readonly gated?: boolean;
}

/** An answer that takes the place of the usual one. */
export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

export const commitOf = (text: string): string => createHash('sha1').update(text).digest('hex');

/** A repository with one commit on `main`. */
export const repositoryOf = (files: Files, commit = commitOf('first')): Repository => ({
  refs: { main: commit },
  commits: { [commit]: files },
});

/** The hub keeps files of these formats apart, on another host. */
const LARGE = /\.(safetensors|bin|pth|onnx)$/;

/** A server that answers as the Hugging Face hub does, with another one for large files. */
export class HubServer {
  readonly requests: IncomingMessage[] = [];
  /** Servers of large files, by `OWNER/NAME@COMMIT/PATH`. */
  readonly large = new Map<string, FileServer>();
  /** What the hub redirects to instead of the server of large files. */
  redirect: string | undefined;
  /** Answers in place of the first ones. */
  readonly answers: Answer[] = [];
  /** A hub or mirror that does not say what is missing. */
  terse = false;
  /** A mirror that has only the files. */
  hasApi = true;
  readonly #repositories: Readonly<Record<string, Repository>>;
  readonly #server: Server;

  private constructor(repositories: Readonly<Record<string, Repository>>) {
    this.#repositories = repositories;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(repositories: Readonly<Record<string, Repository>>): Promise<HubServer> {
    const hub = new HubServer(repositories);
    for (const [id, { commits }] of Object.entries(repositories)) {
      for (const [commit, files] of Object.entries(commits)) {
        for (const [path, content] of Object.entries(files)) {
          if (LARGE.test(path)) hub.large.set(`${id}@${commit}/${path}`, await FileServer.start(Buffer.from(content)));
        }
      }
    }
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What was asked for, in order, such as `HEAD /owner/name/resolve/main/config.json`. */
  get asked(): string[] {
    return this.requests.map(({ method, url }) => `${method} ${url}`);
  }

  /** Stops the hub alone. */
  async stopHub(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async stop(): Promise<void> {
    await this.stopHub();
    for (const server of this.large.values()) await server.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    const { status, headers = {}, body = '' } = this.answers.shift() ?? this.#usual(request);
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  }

  #usual({ headers, url = '' }: IncomingMessage): Answer {
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url);
    const listed = this.hasApi ? /^\/api\/models\/([^/]+\/[^/]+)(?:\/revision\/([^/]+))?$/.exec(url) : null;
    const [, id = '', revision = 'main', encoded] = (file ?? listed ?? []) as (string | undefined)[];
    const repository = this.#repositories[id];
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    const isPrivate = repository?.token !== undefined && repository.token !== token;
    if (token?.startsWith('expired')) return this.#refuse(401);
    if (!repository || (isPrivate && !repository.gated))
      return this.#refuse(token === undefined ? 401 : 404, 'RepoNotFound');
    if (repository.gated && isPrivate) return this.#refuse(token === undefined ? 401 : 403, 'GatedRepo');
    const commit = repository.refs[revision] ?? (revision in repository.commits ? revision : undefined);
    if (commit === undefined) return this.#refuse(404, 'RevisionNotFound');
    const files = repository.commits[commit];
    if (encoded === undefined) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id, sha: commit, siblings }),
      };
    }
    const path = decodeURIComponent(encoded);
    if (!(path in files)) return this.#refuse(404, 'EntryNotFound');
    const content = Buffer.from(files[path]);
    const served = this.large.get(`${id}@${commit}/${path}`);
    const known = { 'x-repo-commit': commit };
    if (!served) {
      const etag = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
      return { status: 200, headers: { ...known, etag: `"${etag}"` }, body: content.toString() };
    }
    const linked = {
      'x-linked-etag': `"${createHash('sha256').update(content).digest('hex')}"`,
      'x-linked-size': content.length,
      location: this.redirect ?? `${served.origin}/file.bin`,
    };
    return { status: 302, headers: { ...known, ...linked } };
  }

  #refuse(status: number, code?: string): Answer {
    return { status, headers: code && !this.terse ? { 'x-error-code': code } : {} };
  }
}
