import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { cut, Problem } from './problem.ts';

/** The answers that connections are giving. */
const answers = new WeakMap<Socket, ServerResponse>();

/** Answers what is no HTTP that can be read, or comes too slowly for it, as any other problem is answered. */
export function refuseUnreadable(error: NodeJS.ErrnoException & { readonly reason?: string }, socket: Socket): void {
  const { code, reason } = error;
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const problem =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new Problem('REQUEST_TIMEOUT', 'the request did not come in time')
      : code === 'HPE_HEADER_OVERFLOW'
        ? new Problem('HEADERS_TOO_LARGE', 'the headers of the request are too long')
        : new Problem('BAD_REQUEST', `this is no HTTP: ${reason ?? code ?? error.message}`);
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
 * Refuses what is not clear about whom it asks. Has to be called before the first route; Node's own check of `Host` is
 * taken off for it.
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
 * Answers what goes to no route: where another method would find one with 405 and `Allow`. Has to be called before the
 * first route.
 */
export function refuseUnrouted(app: FastifyInstance): void {
  const routes: { readonly methods: readonly string[]; readonly path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    // Whether there is a file is not known: of a folder only its own path counts.
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
    throw new Problem('NOT_FOUND', `there is nothing at ${method} ${cut(path)}; /openapi.json tells what there is`);
  });
}
