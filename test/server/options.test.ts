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

test('what is no option is refused by name', () => {
  for (const options of [undefined, {}, { models: ['a'], maxByte: 1 }, { models: ['a'], toString: 1 }]) {
    assert.throws(
      () => serverSettings(options as unknown as ServerOptions),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'BAD_CONFIG',
    );
  }
});

test.run();
