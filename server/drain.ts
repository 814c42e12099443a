import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

interface Watched {
  /** Requests that are not answered yet. */
  active: number;
  isDraining: boolean;
}

const watched = new WeakMap<FastifyInstance, Watched>();

/** A request may be under way on an idle connection: connections are closed only after this long without a request. */
const QUIET_MS = 250;

/** Whether the service is ending. */
export const isDraining = (app: FastifyInstance): boolean => watched.get(app)?.isDraining ?? false;

/** The number of requests that are not answered yet. The application needs `watchRequests`. */
export const activeRequests = (app: FastifyInstance): number => watched.get(app)?.active ?? 0;

/** Counts requests, for `drain` and `restWhenIdle`. */
export function watchRequests(app: FastifyInstance): void {
  const state: Watched = { active: 0, isDraining: false };
  watched.set(app, state);
  app.addHook('onRequest', async (_, reply) => {
    state.active++;
    // Also emitted if the client has gone.
    reply.raw.once('close', () => {
      state.active--;
    });
  });
  app.addHook('onSend', async (_, reply) => {
    // The client's next request shall go to another instance.
    if (state.isDraining) reply.header('connection', 'close');
  });
}

/**
 * Ends a service without losing a request. Accepts no new connections, answers requests on open ones with `Connection:
 * close`, and closes when no more requests come.
 *
 * @param graceMs after this time, connections are cut
 */
export async function drain(app: FastifyInstance, graceMs: number): Promise<void> {
  const state = watched.get(app)!;
  state.isDraining = true;
  const end = performance.now() + graceMs;
  // Connections that are established but not accepted yet would be reset with the listening socket.
  await sleep(Math.min(QUIET_MS, graceMs));
  // Node's own close() would cut connections on which a request is just arriving.
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
