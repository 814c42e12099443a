import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../errors.ts';
import { type ServerOptions, serverSettings } from '../../server/options.ts';

test('options have defaults, and former names still work', () => {
  const { maxBytes, timeoutSeconds } = serverSettings({ models: ['a'] });
  assert.equal([maxBytes, timeoutSeconds], [20 * 2 ** 20, 30]);
  const former = { models: ['a'], max_bytes: 1000, timeout_s: 5, allow_hosts: ['gpu.example.org'] };
  const settings = serverSettings(former as ServerOptions);
  assert.equal([settings.maxBytes, settings.timeoutSeconds, settings.allowHosts], [1000, 5, ['gpu.example.org']]);
});

const refusal = (options: unknown): ResnetCocoError => {
  try {
    serverSettings(options as ServerOptions);
  } catch (error) {
    if (error instanceof ResnetCocoError) return error;
  }
  throw new Error('it was taken');
};

test('what is no option is refused by name, and what is missing too', () => {
  const cases: [options: unknown, code: string, message: RegExp][] = [
    [undefined, 'BAD_CONFIG', /^server: config: models: is missing$/],
    [{}, 'BAD_CONFIG', /^server: config: models: is missing$/],
    [{ models: ['a'], maxByte: 1 }, 'USAGE', /no option `maxByte`; did you mean `maxBytes`\?/],
    [{ bogus: 1 }, 'USAGE', /no option `bogus`; known are models, engine, threads/],
    [{ models: ['a'], toString: 1 }, 'USAGE', /`toString`/],
    [{ models: 'a' }, 'BAD_CONFIG', /models: must be a list, is "a"/],
    [{ models: [] }, 'BAD_CONFIG', /models: must have at least 1 entry, is \[\]/],
    [5, 'USAGE', /its options must be an object, is 5/],
  ];
  for (const [options, code, message] of cases) {
    const error = refusal(options);
    assert.is(error.code, code);
    assert.match(error.message, message);
  }
});

test('an option is given by one of its names', () => {
  const { code, message } = refusal({ models: ['a'], max_bytes: 1000, maxBytes: 2000 });
  assert.is(code, 'USAGE');
  assert.match(message, /`max_bytes` is the former name of `maxBytes`; give one of them/);
});

test.run();
