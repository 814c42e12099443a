import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ResnetCocoError } from '../../errors.ts';
import { type LogEntry, RunLog, readLog } from '../../training/index.ts';
import { rejects } from '../rejects.ts';

const test = suite('run log');
const root = mkdtempSync(join(tmpdir(), 'log-'));
const newFile = () => join(mkdtempSync(join(root, 'test-')), 'run', 'log.jsonl');
test.after(() => rmSync(root, { recursive: true }));

/** What a run logs at a step: a line for each tenth, and an evaluation every hundred. */
function entriesAt(step: number): LogEntry[] {
  const place = { step, epoch: step / 100 };
  const entries: LogEntry[] = [];
  if (step % 10 === 0) entries.push({ split: 'train', ...place, values: { loss: 1 / step, learning_rate: 0.1 } });
  if (step % 100 === 0) entries.push({ split: 'val', ...place, values: { top1: step / 1000 } });
  return entries;
}

function log(file: string, from: number, to: number, resumeAt?: number): void {
  const run = RunLog.open(file, resumeAt);
  for (let step = from; step <= to; step++) for (const entry of entriesAt(step)) run.append(entry);
  run.close();
}

test('folders that cannot be made are an error at once', () => {
  const file = newFile();
  mkdirSync(join(file, '..', '..'), { recursive: true });
  writeFileSync(join(file, '..'), '');
  const places = [file, ...(process.platform === 'linux' ? ['/proc/nothing/here/log.jsonl'] : [])];
  for (const place of places) {
    try {
      RunLog.open(place);
      assert.unreachable(place);
    } catch (error) {
      assert.is((error as ResnetCocoError).code, 'FILE_NOT_WRITABLE', `${error}`);
      assert.ok((error as Error).message.startsWith(`${place}: cannot be written: `));
    }
  }
});

test('one object a line, there as soon as it is appended, and read back', () => {
  const file = newFile();
  const run = RunLog.open(file);
  run.append({ split: 'train', step: 50, epoch: 0.125, values: { loss: 1.5, learning_rate: 0.1 } });
  assert.is(readFileSync(file, 'utf8'), '{"split":"train","step":50,"epoch":0.125,"loss":1.5,"learning_rate":0.1}\n');
  run.append({ split: 'val', step: 50, epoch: 0.125, values: { loss: Number.NaN, top1: 0 } });
  run.sync();
  assert.match(readFileSync(file, 'utf8'), /\n{"split":"val","step":50,"epoch":0.125,"loss":null,"top1":0}\n$/);
  assert.equal(readLog(file), run.entries);
  run.close();
});

test('a log resumed at a checkpoint becomes that of an uninterrupted run, wherever it was torn', () => {
  const whole = newFile();
  log(whole, 1, 400);
  const expected = readFileSync(whole, 'utf8');
  const length = (steps: number) => {
    const file = newFile();
    log(file, 1, steps);
    return readFileSync(file).length;
  };
  // Killed at any byte behind the lines of step 200, whose checkpoint was written.
  const [least, most] = [length(200), length(230)];
  const file = newFile();
  for (let kept = least; kept <= most; kept++) {
    log(file, 1, 230);
    truncateSync(file, kept);
    log(file, 201, 400, 200);
    assert.is(readFileSync(file, 'utf8'), expected);
  }
});

test('a resumed log knows the entries that it keeps', () => {
  const file = newFile();
  log(file, 1, 230);
  const run = RunLog.open(file, 200);
  assert.is(run.entries.length, 22);
  assert.equal(run.entries, readLog(file));
  run.close();
});

test('without a step the log begins anew; one that is missing is made', () => {
  const file = newFile();
  log(file, 1, 100);
  RunLog.open(file).close();
  assert.equal(readLog(file), []);
  const missing = newFile();
  RunLog.open(missing, 100).close();
  assert.equal(readLog(missing), []);
});

test('reading leaves out an unfinished last line', () => {
  const file = newFile();
  log(file, 1, 20);
  for (const tail of ['{"split":"tra', '{"split":"train","step":30,"epoch":1}', '\0\0\0']) {
    const entries = readLog(file);
    appendFileSync(file, tail);
    assert.equal(readLog(file), entries);
    RunLog.open(file, 20).close();
  }
  assert.is(readLog(file).length, 2);
});

test('a line that is no entry is an error that names it', async () => {
  const file = newFile();
  log(file, 1, 20);
  const good = readFileSync(file, 'utf8');
  const cases: [string, RegExp][] = [
    ['loss: 1', /log\.jsonl:3: not JSON/],
    ['[1]', /:3: not a JSON object/],
    ['{"split":"test","step":1,"epoch":1}', /:3: split is "test"/],
    ['{"split":"val","step":1.5,"epoch":1}', /:3: step is 1.5/],
    ['{"split":"val","step":1}', /:3: epoch is undefined/],
    ['{"split":"val","step":1,"epoch":1,"top1":"high"}', /:3: top1 is "high"/],
  ];
  for (const [line, pattern] of cases) {
    writeFileSync(file, `${good}${line}\n`);
    await rejects((async () => readLog(file))(), 'BAD_RESULTS', pattern);
    await rejects((async () => RunLog.open(file, 20))(), 'BAD_RESULTS', pattern);
    assert.is(readFileSync(file, 'utf8'), `${good}${line}\n`, 'and the file stays');
  }
});

test('files that cannot be read or written', async () => {
  const file = newFile();
  await rejects((async () => readLog(file))(), 'FILE_NOT_FOUND', /log\.jsonl: no such file/);
  mkdirSync(file, { recursive: true });
  await rejects((async () => RunLog.open(file))(), 'FILE_NOT_WRITABLE', /log\.jsonl: cannot be written: illegal/);
});

test.run();
