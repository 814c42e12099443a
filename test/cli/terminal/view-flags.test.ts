import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../../cli/terminal/flags.ts';
import { viewFlags, viewOf } from '../../../cli/terminal/shared-flags.ts';
import { ResnetCocoError } from '../../../errors.ts';

const view = (...args: string[]) => viewOf(parseFlags(viewFlags, args).flags);

test('--size and --crops say how a classifier looks at images', () => {
  assert.equal(view(), { crops: 1 });
  assert.equal(view('--size', '288', '--crops', '10'), { crops: 10, size: 288 });
  assert.equal(view('--size', 'test'), { crops: 1, size: 'test' });
});

test('what is no size, and another number of crops, is refused by the flag', () => {
  for (const [args, message] of [
    [['--size', '0'], /--size wants a whole number from 1 to 4096, or test, got '0'/],
    [['--size', '99999'], /--size wants .* got '99999'/],
    [['--size', '2.5'], /--size wants .* got '2\.5'/],
    [['--crops', '5'], /--crops wants one of 1, 10, got '5'/],
  ] as const) {
    assert.throws(
      () => view(...args),
      (error: unknown) => error instanceof ResnetCocoError && error.code === 'USAGE' && message.test(error.message),
      `${message}`,
    );
  }
});

test.run();
