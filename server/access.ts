import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { FastifyRequest } from 'fastify';
import { cut, Problem } from './problem.ts';

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

/** A host name as it is compared: in ASCII and lower case, without the dot at its end; '' for what is none. */
export const plainHost = (name: string): string => domainToASCII(name).replace(/\.$/, '');

/**
 * Refuses requests for names that are not the service's own. A page elsewhere may let its name point at this machine
 * (DNS rebinding): the browser then takes the service for that page's, but says its name.
 *
 * @param isAllowed tells of a name in lower case; addresses and localhost are always allowed
 * @returns a hook that throws Problem HOST_NOT_ALLOWED
 */
export function hostGuard(isAllowed: (name: string) => boolean): (request: FastifyRequest) => Promise<void> {
  return async ({ headers, raw: { url = '' } }) => {
    // An absolute address goes before the header. Only HTTP/1.0, which no browser speaks, may have neither.
    const authority = /^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? headers.host;
    if (authority === undefined) return;
    const [, address, text = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(authority) ?? [];
    if (isIP(address ?? text)) return;
    const name = plainHost(text);
    if (name === 'localhost' || (name !== '' && isAllowed(name))) return;
    const why = `this service is not known as ${cut(authority) || "''"}`;
    throw new Problem(
      'HOST_NOT_ALLOWED',
      name === ''
        ? `${why}, which is no host name`
        : `${why}; start it with --allow-host ${cut(name)}, or with --token`,
    );
  };
}
