import type { FastifyInstance } from 'fastify';
import { collectGarbage } from '../io/collect-garbage.ts';
import { activeRequests } from './drain.ts';

/** Idle time before the service collects garbage, in ms. */
const QUIET_MS = 10_000;

/**
 * Collects garbage once the service has been idle for a while. Node collects only while it works, so an idle service
 * would keep the bodies of its busiest minute.
 *
 * @param app an application with `watchRequests`
 */
export function restWhenIdle(app: FastifyInstance, quietMs = QUIET_MS): void {
  let timer: NodeJS.Timeout | undefined;
  app.addHook('onRequest', async (_, reply) => {
    clearTimeout(timer);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      if (activeRequests(app) === 0) timer = setTimeout(collectGarbage, quietMs).unref();
    });
  });
  app.addHook('onClose', async () => clearTimeout(timer));
}
