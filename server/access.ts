import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * Checks the bearer token of requests, in time that does not tell how much of it was right.
 *
 * @returns a hook that throws Problem UNAUTHORIZED
 */
export function tokenGuard(token: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async ({ headers: { authorization = '' } }) => {
    const given = /^Bearer +(.+)$/i.exec(authorization)?.[1] ?? '';
    if (!timingSafeEqual(digest(given), expected)) {
      throw new Problem('UNAUTHORIZED', 'this service wants its token: send the header Authorization: Bearer TOKEN');
    }
  };
}
