import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorCodes, ResnetCocoError } from '../errors.ts';

test('an error carries its code, message and cause', () => {
  const cause = new Error('disk');
  const error = new ResnetCocoError('BAD_IMAGE', 'a.jpg: broken', { cause });
  assert.instance(error, Error);
  assert.is(error.code, 'BAD_IMAGE');
  assert.is(error.message, 'a.jpg: broken');
  assert.is(error.cause, cause);
  assert.is(error.name, 'ResnetCocoError');
});

test('every code is described', () => {
  for (const [code, text] of Object.entries(errorCodes)) {
    assert.match(code, /^[A-Z_]+$/);
    assert.ok(text.length > 10, code);
  }
});

test.run();
