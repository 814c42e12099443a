import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { FastifyRequest } from 'fastify';
import { cut, Problem } from './problem.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * Checks the bearer token of requests in constant time.
 *
 * @returns a hook that throws UNAUTHORIZED when the token is missing or wrong
 */
export function tokenGuard(token: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(token);
  return async ({ headers: { authorization = '' } }) => {
    const sentToken = /^Bearer +(.+)$/i.exec(authorization)?.[1] ?? '';
    if (!timingSafeEqual(digest(sentToken), expected)) {
      throw new Problem('UNAUTHORIZED', 'this service needs its token: send the header Authorization: Bearer TOKEN');
    }
  };
}

/** A host name for comparison: ASCII, lower case, without a final dot; '' if `name` is not a host name. */
export const plainHost = (name: string): string => domainToASCII(name).replace(/\.$/, '');

/**
 * Refuses requests whose `Host` is not a name of the service. A foreign page can point its own name at this machine
 * (DNS rebinding): the browser then sends the page's requests here, but with the page's name in `Host`.
 *
 * @param isAllowed whether a lower-case name is allowed; addresses and localhost always are
 * @returns a hook that throws HOST_NOT_ALLOWED when the name is not allowed
 */
export function hostGuard(isAllowed: (name: string) => boolean): (request: FastifyRequest) => Promise<void> {
  return async ({ headers, raw: { url = '' } }) => {
    // An absolute URL takes precedence over the header. Only HTTP/1.0, which no browser speaks, may have neither.
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
        ? `${why}, which is not a host name`
        : `${why}; start it with --allow-host ${cut(name)}, or with --token`,
    );
  };
}
