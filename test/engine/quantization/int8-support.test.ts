import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { int8Support } from '../../../engine/quantization/int8-support.ts';

test('instructions of the CPU tell whether eight bits are fast', () => {
  assert.equal(int8Support('processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni avx512f\n'), {
    fast: true,
    detail: 'fast (avx512_vnni)',
  });
  assert.is(int8Support('Features\t: fp asimd asimddp\n').fast, true);
  const old = int8Support('flags\t\t: fpu sse4_2 avx2\n');
  assert.is(old.fast, false);
  assert.match(old.detail, /may not help.*VNNI/);
  assert.is(int8Support('').fast, undefined);
  assert.match(int8Support('').detail, /unknown/);
});

test.run();
