import type { FastifyInstance } from 'fastify';
import { collectGarbage } from '../io/collect-garbage.ts';
import { activeRequests } from './drain.ts';

/** So long nothing is asked before a service rests, in ms. */
const QUIET_MS = 10_000;

/**
 * Collects garbage once when nothing has been asked for a while. Node only collects while it works, so a service would keep
 * the bodies of its busiest minute for as long as it idles.
 *
 * @param app one that `watchRequests` watches already
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
