import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './problem.ts';

/** Limits for reading the rest of a refused body. */
const LINGER = { seconds: 5, bytes: 256 * 2 ** 20 } as const;

/**
 * Answers a request with its problem. The rest of the body is read and discarded after the answer: a connection that
 * closes with unread bytes is reset, and the client would see a broken pipe instead of the answer.
 */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  const { raw } = request;
  if (raw.destroyed && !raw.complete) request.log.info('the caller has gone');
  else if (problem.code === 'INTERNAL') request.log.error(error);
  if (problem.retryAfter !== undefined) reply.header('retry-after', problem.retryAfter);
  if (problem.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  reply.status(problem.status);
  const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0;
  if (!hasBody || raw.complete || raw.destroyed) {
    reply.send(problem.body);
    return;
  }
  const text = Buffer.from(JSON.stringify(problem.body));
  reply
    .headers({ connection: 'close', 'content-type': 'application/json; charset=utf-8', 'content-length': text.length })
    .send(Readable.from(answerThenRest(text, raw), { objectMode: false }));
}

/** The whole answer, which ends only after the request's body has ended. */
async function* answerThenRest(text: Buffer, body: IncomingMessage): AsyncGenerator<Buffer> {
  yield text;
  const over = new AbortController();
  let bytes = 0;
  body.unpipe();
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER.bytes) over.abort();
  });
  const { signal } = over;
  await Promise.race([
    once(body, 'end', { signal }),
    once(body, 'close', { signal }),
    sleep(1000 * LINGER.seconds, undefined, { signal, ref: false }),
  ]).catch(() => {});
  over.abort();
  if (!body.readableEnded) body.destroy();
}
