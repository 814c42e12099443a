import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  /** What is sent, whole. */
  body: Buffer;
  etag?: string;
  /** Whether requests for a part are answered with one. */
  ranges: boolean;
  /** Bytes of each answer's body before the connection is cut; the n-th answer takes the n-th, later ones none. */
  cuts: number[];
  /** Statuses of the first answers, before any is served. */
  statuses: number[];
  /** Stop sending after the headers, or after these many bytes of the body, and keep the connection open. */
  stallAfter?: number;
  /** Whether the client has so many bytes of the body on its disk; a connection is cut once it has what was sent. */
  hasArrived: (bytes: number) => boolean;
  /** A server that minds Range and not If-Range. */
  ignoresIfRange?: boolean;
}

/** A server of one file, which misbehaves as told, and a list of what it was asked. */
export class FileServer {
  readonly served: Served;
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;

  private constructor(body: Buffer) {
    this.served = { body, etag: '"1"', ranges: true, cuts: [], statuses: [], hasArrived: () => true };
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(body: Buffer): Promise<FileServer> {
    const server = new FileServer(body);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The Range header of each request. */
  get ranges(): (string | undefined)[] {
    return this.requests.map(({ headers }) => headers.range);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    const { body, etag, ranges, cuts, statuses, stallAfter, hasArrived, ignoresIfRange } = this.served;
    const status = statuses.shift();
    if (status !== undefined) {
      response.writeHead(status, status < 400 ? { location: '/elsewhere/file.bin' } : {}).end('no');
      return;
    }
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const isFresh = ignoresIfRange || request.headers['if-range'] === etag;
    const start = ranges && range && isFresh ? Number(range[1]) : 0;
    if (etag) response.setHeader('etag', etag);
    if (start > 0 && start >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
      return;
    }
    const section = body.subarray(start);
    response.setHeader('content-length', section.length);
    if (start > 0) {
      response.writeHead(206, { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` });
    }
    const end = cuts.shift() ?? stallAfter;
    if (end === undefined) {
      response.end(section);
      return;
    }
    response.flushHeaders();
    response.write(section.subarray(0, end));
    if (stallAfter !== undefined) return;
    // An earlier cut would take back what the client has received and not yet read.
    const waiting = setInterval(() => {
      if (!response.destroyed && !hasArrived(start + end)) return;
      clearInterval(waiting);
      response.destroy();
    }, 5);
  }
}
