import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

interface Watched {
  /** Requests that are not answered yet. */
  active: number;
  isDraining: boolean;
}

const watched = new WeakMap<FastifyInstance, Watched>();

/** A connection may have a request under way that has not been read: so long nothing must come before it is cut. */
const QUIET_MS = 250;

/** Whether the service is ending. */
export const isDraining = (app: FastifyInstance): boolean => watched.get(app)?.isDraining ?? false;

/** Requests that are not answered yet, of an application that `watchRequests` watches. */
export const activeRequests = (app: FastifyInstance): number => watched.get(app)?.active ?? 0;

/** Keeps count of requests, for `drain` and `restWhenIdle`. */
export function watchRequests(app: FastifyInstance): void {
  const state: Watched = { active: 0, isDraining: false };
  watched.set(app, state);
  app.addHook('onRequest', async (_, reply) => {
    state.active++;
    // Whether it was answered or its caller has gone.
    reply.raw.once('close', () => {
      state.active--;
    });
  });
  app.addHook('onSend', async (_, reply) => {
    // Whoever asks again shall ask another instance.
    if (state.isDraining) reply.header('connection', 'close');
  });
}

/**
 * Ends a service without losing a request: takes no further connections, answers what comes on those that there are and
 * tells each that it is the last, and closes when nothing comes any more.
 *
 * @param graceMs after which what is not answered is cut
 */
export async function drain(app: FastifyInstance, graceMs: number): Promise<void> {
  const state = watched.get(app)!;
  state.isDraining = true;
  const end = performance.now() + graceMs;
  // Connections that are established but not taken up yet would be reset with the listening socket.
  await sleep(Math.min(QUIET_MS, graceMs));
  // Node's own close() would at once cut connections on which a request is just arriving.
  if (app.server.listening) NetServer.prototype.close.call(app.server);
  for (let quietSince = performance.now(); performance.now() < end; await sleep(10)) {
    if (state.active) quietSince = performance.now();
    else if (performance.now() - quietSince > QUIET_MS || !(await connections(app))) break;
  }
  app.server.closeAllConnections();
  await app.close();
}

const connections = (app: FastifyInstance): Promise<number> =>
  new Promise((resolve) => app.server.getConnections((_, count) => resolve(count ?? 0)));
