import { type ErrorCode, ResnetCocoError } from '../../errors.ts';

/** An error on its way to another thread, which would lose its class; `code` is null for one that no user's input should cause. */
export interface SentError {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly stack: string | undefined;
}

/** What another thread is told of whatever was thrown in this one. */
export function sentError(thrown: unknown): SentError {
  const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { code: thrown instanceof ResnetCocoError ? thrown.code : null, message, stack };
}

/** The error that another thread has sent: a `ResnetCocoError` is one again, with its code. */
export function receivedError({ code, message, stack }: SentError): Error {
  if (code) return new ResnetCocoError(code, message);
  const error = new Error(message);
  if (stack) error.stack = stack;
  return error;
}
