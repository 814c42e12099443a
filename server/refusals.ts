import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { cut, Problem } from './problem.ts';

/** The current answer of each connection. */
const answers = new WeakMap<Socket, ServerResponse>();

/** Answers requests that are not valid HTTP, or arrive too slowly, with a problem like any other. */
export function refuseUnreadable(error: NodeJS.ErrnoException & { readonly reason?: string }, socket: Socket): void {
  const { code, reason } = error;
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const problem =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new Problem('REQUEST_TIMEOUT', 'the request did not arrive in time')
      : code === 'HPE_HEADER_OVERFLOW'
        ? new Problem('HEADERS_TOO_LARGE', 'the headers of the request are too long')
        : new Problem('BAD_REQUEST', `this is not HTTP: ${reason ?? code ?? error.message}`);
  const answer = answers.get(socket);
  const hasBegun = answer?.headersSent && !answer.writableFinished;
  if (socket.writable && !hasBegun) {
    const body = Buffer.from(JSON.stringify(problem.body));
    const headers = `content-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close`;
    socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${headers}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}

/**
 * Refuses requests without a `Host` or with several. Call it before the first route. It replaces Node's own check of
 * `Host`, which is switched off.
 */
export function refuseUnclearHosts(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }, reply) => {
    answers.set(raw.socket, reply.raw);
    const hosts = raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
    if (hosts > 1) throw new Problem('BAD_REQUEST', `the request has ${hosts} Host headers; one is allowed`);
    if (!hosts && raw.httpVersion === '1.1') throw new Problem('BAD_REQUEST', 'the request has no Host header');
  });
}

/**
 * Answers requests without a route: 405 with `Allow` if the path has other methods, else 404. Call it before the first
 * route.
 */
export function refuseUnrouted(app: FastifyInstance): void {
  const routes: { readonly methods: readonly string[]; readonly path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    // Routes of folders (`*`) count only with their own path: whether a file exists is unknown here.
    const parts = url.replace(/\*$/, '').split(/:[^/.]+/);
    const path = parts.map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('[^/]+');
    routes.push({ methods: [method].flat(), path: new RegExp(`^${path}$`) });
  });
  app.setNotFoundHandler(({ method, url }: FastifyRequest, reply) => {
    const [path] = url.split('?');
    const allowed = routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods);
    const methods = [...new Set(allowed)].sort().join(', ');
    if (methods && !allowed.includes(method)) {
      reply.header('allow', methods);
      throw new Problem('METHOD_NOT_ALLOWED', `${cut(path)} takes ${methods}, not ${method}`);
    }
    throw new Problem('NOT_FOUND', `there is nothing at ${method} ${cut(path)}; /openapi.json lists all paths`);
  });
}
