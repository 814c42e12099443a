import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { oneLine, Terminal } from '../../../cli/terminal/terminal.ts';
import { FakeClock } from '../fake-clock.ts';
import { FakeOutput } from '../fake-output.ts';

test('results go to stdout, notes and failures to stderr, and --quiet leaves out notes', async () => {
  for (const quiet of [false, true]) {
    const [stdout, stderr] = [new FakeOutput(), new FakeOutput()];
    const terminal = new Terminal({ stdout, stderr, quiet });
    await terminal.print('result');
    terminal.note('note');
    terminal.report('failure');
    assert.is(stdout.text, 'result\n');
    assert.is(stderr.text, quiet ? 'failure\n' : 'note\nfailure\n');
  }
});

test('the bar never mixes with lines, and is gone at the end', async () => {
  const clock = new FakeClock();
  const screen = new FakeOutput({ isTTY: true });
  const terminal = new Terminal({ stdout: screen, stderr: screen, clock });
  const progress = terminal.startProgress('images', 2);
  assert.match(screen.screen.at(-1)!, /0\/2 images$/);
  await terminal.print('a.jpg  dog');
  progress.advance();
  terminal.report('b.jpg: broken');
  progress.advance({ failed: true });
  clock.advance(150);
  assert.match(screen.screen.at(-1)!, /2\/2 images, .*1 failed$/);
  assert.ok(screen.text.includes('\x1b[?25l'));
  progress.stop();
  progress.stop();
  assert.equal(screen.screen, ['a.jpg  dog', 'b.jpg: broken', '']);
  assert.ok(screen.text.endsWith('\x1b[?25h'));
  terminal.note('done');
  assert.equal(screen.screen, ['a.jpg  dog', 'b.jpg: broken', 'done', '']);
});

test('a resumed run goes on where it was, and says how it goes', async () => {
  const clock = new FakeClock();
  const screen = new FakeOutput({ isTTY: true });
  screen.columns = 100;
  const progress = new Terminal({ stdout: new FakeOutput(), stderr: screen, clock }).startProgress('images', 1000, 500);
  assert.is(screen.screen.at(-1), `${'━'.repeat(12)}${' '.repeat(12)} 500/1000 images`);
  progress.set(750);
  progress.describe('epoch 3/4, loss 1.234');
  clock.advance(150);
  assert.match(screen.screen.at(-1)!, /^━{18} {6} epoch 3\/4, loss 1\.234, \d+ images\/s, [\d.]+ s left$/);
  progress.stop();
});

test('JSON on the screen is not overwritten by the bar', async () => {
  const clock = new FakeClock();
  const screen = new FakeOutput({ isTTY: true });
  const terminal = new Terminal({ stdout: screen, stderr: screen, clock });
  const progress = terminal.startProgress('images', 2);
  await terminal.write('[\n{"a":1}');
  clock.advance(150);
  terminal.report('b.jpg: broken');
  await terminal.write(',\n{"a":2}');
  await terminal.write('\n]\n');
  progress.stop();
  assert.equal(screen.screen, ['[', '{"a":1}', 'b.jpg: broken', ',', '{"a":2}', ']', '']);
});

test('a narrow terminal gets one line that fits', () => {
  const stderr = new FakeOutput({ isTTY: true });
  stderr.columns = 20;
  const progress = new Terminal({ stdout: new FakeOutput(), stderr }).startProgress('images', 100000);
  progress.set(99999);
  progress.stop();
  assert.ok(stderr.text.split('\x1b[2K').every((line) => line.replace('\x1b[?25h', '').length < 20 + '\r'.length));
});

test('without a terminal nothing is drawn', async () => {
  const clock = new FakeClock();
  const stderr = new FakeOutput();
  const progress = new Terminal({ stdout: new FakeOutput(), stderr, clock }).startProgress('images', 2);
  progress.advance();
  clock.advance(150);
  progress.stop();
  assert.is(stderr.text, '');
});

test('without a terminal there is a line where there is news, and none of short work', () => {
  const clock = new FakeClock();
  const stderr = new FakeOutput();
  const terminal = new Terminal({ stdout: new FakeOutput(), stderr, clock });
  const short = terminal.startProgress('images', 1);
  clock.advance(900);
  short.advance();
  short.stop();
  clock.advance(60_000);
  assert.is(stderr.text, '');
  // However long a single image takes.
  const single = terminal.startProgress('images', 1);
  clock.advance(60_000);
  single.stop();
  assert.is(stderr.text, '');
  const progress = terminal.startProgress('images', 3);
  clock.advance(6000);
  progress.advance();
  clock.advance(20_000);
  progress.advance({ failed: true });
  progress.describe('almost');
  clock.advance(4000);
  progress.stop();
  assert.is(stderr.text, '1/3 images, 0.1 images/s, 20 s left\nalmost, 0.1 images/s, 15 s left, 1 failed\n');
});

test('--quiet draws nothing on a terminal either', async () => {
  const clock = new FakeClock();
  const screen = new FakeOutput({ isTTY: true });
  const terminal = new Terminal({ stdout: screen, stderr: screen, quiet: true, clock });
  const progress = terminal.startProgress('images', 2);
  progress.advance();
  clock.advance(150);
  await terminal.print('result');
  progress.stop();
  assert.is(screen.text, 'result\n');
});

test('control characters of names are shown, not obeyed', async () => {
  const stdout = new FakeOutput();
  const terminal = new Terminal({ stdout, stderr: new FakeOutput() });
  await terminal.print('evil\x1b]0;title\x07\u009b2J.jpg\n  dog');
  assert.is(stdout.text, 'evil\\x1b]0;title\\x07\\x9b2J.jpg\n  dog\n');
  assert.is(oneLine('a\r\n  b\n'), 'a; b');
  assert.is(oneLine('photo\u202egpj.exe \u2066\u200b\ufeff\u061c'), 'photo\\u202egpj.exe \\u2066\\u200b\\ufeff\\u061c');
  assert.is(oneLine('größe ❤️ 写真 שלום'), 'größe ❤️ 写真 שלום');
});

test('control characters in JSON are escaped, and its value is the same', async () => {
  const stdout = new FakeOutput();
  const terminal = new Terminal({ stdout, stderr: new FakeOutput() });
  const value = { file: 'a\x1b[31m\x7f\x9b2J\u202e\u2028.jpg' };
  await terminal.printJson(value);
  assert.not.match(stdout.text, /(?!\n)\p{Cc}|[\u202e\u2028]/u);
  assert.equal(JSON.parse(stdout.text), value);
});

test('a slow reader is waited for, one that has gone is not an error, a full disk is', async () => {
  let release = (): void => {};
  class Slow extends FakeOutput {
    override _write(chunk: Uint8Array, encoding: string, done: () => void): void {
      release = () => super._write(chunk, encoding, done);
    }
  }
  let written = false;
  const waiting = new Terminal({ stdout: new Slow(), stderr: new FakeOutput() }).print('x').then(() => {
    written = true;
  });
  await setTimeout(10);
  assert.not(written);
  release();
  await waiting;

  class Failing extends FakeOutput {
    readonly #code: string;
    constructor(code: string) {
      super();
      this.#code = code;
      this.on('error', () => {});
    }
    override _write(_chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
      done(Object.assign(new Error(this.#code), { code: this.#code }));
    }
  }
  const gone = new Terminal({ stdout: new Failing('EPIPE'), stderr: new FakeOutput() });
  await gone.print('x');
  await gone.print('y');
  try {
    await new Terminal({ stdout: new Failing('ENOSPC'), stderr: new FakeOutput() }).print('x');
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /cannot write to stdout: ENOSPC/);
  }
});

test.run();
