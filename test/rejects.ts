import * as assert from 'uvu/assert';
import { type ErrorCode, ResnetCocoError } from '../errors.ts';

/** Checks that something fails with an error of ours, of that code, whose message matches. */
export async function rejects(outcome: Promise<unknown>, code: ErrorCode, pattern: RegExp): Promise<void> {
  try {
    await outcome;
  } catch (error) {
    if (!(error instanceof ResnetCocoError)) throw error;
    assert.is(error.code, code, error.message);
    assert.match(error.message, pattern);
    return;
  }
  assert.unreachable(`nothing failed; expected ${code} ${pattern}`);
}
