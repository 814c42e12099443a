import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Terminal } from '../../../cli/terminal/terminal.ts';
import { attendTraining } from '../../../cli/training/attend-training.ts';
import { TrainingProgress } from '../../../cli/training/training-progress.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { notWritable } from '../../../io/not-writable.ts';

/** What a training says that ends with this error. */
async function messageOf(error: Error): Promise<string> {
  const terminal = new Terminal({ quiet: true });
  try {
    await attendTraining(
      terminal,
      new TrainingProgress(terminal, 1),
      async () => {},
      () => Promise.reject(error),
    );
  } catch (thrown) {
    assert.is((thrown as ResnetCocoError).code, (error as ResnetCocoError).code);
    return (thrown as Error).message;
  }
  throw new Error('it went on');
}

test('a training that fails for want of space says how it goes on', async () => {
  for (const code of ['ENOSPC', 'EFBIG', 'EDQUOT']) {
    const full = notWritable('run/last.safetensors', Object.assign(new Error(`${code}: no room, write`), { code }));
    assert.match(
      await messageOf(full),
      /^run\/last\.safetensors: .*; then --resume continues from the last checkpoint$/,
    );
  }
  const denied = Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES' });
  for (const other of [notWritable('run', denied), new ResnetCocoError('BAD_DATASET', 'a: b')]) {
    assert.not.match(await messageOf(other), /--resume/);
  }
});

test.run();
