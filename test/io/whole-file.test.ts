import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../errors.ts';
import { JsonArrayFile, JsonArrayWriter } from '../../io/json/json-array.ts';
import { WholeFile, writeWholeFile } from '../../io/whole-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'whole-file-'));
test.after(() => rmSync(folder, { recursive: true }));

async function failure(action: () => Promise<unknown>): Promise<ResnetCocoError> {
  try {
    await action();
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    return error as ResnetCocoError;
  }
  throw new Error('nothing was thrown');
}

test('a file keeps its old content until commit, and nothing is left beside it', async () => {
  const path = join(folder, 'results.json');
  writeFileSync(path, 'old');
  const file = await WholeFile.create(path);
  await file.write('ne');
  await file.write(new TextEncoder().encode('w'));
  assert.is(readFileSync(path, 'utf8'), 'old');
  await file.commit();
  assert.is(readFileSync(path, 'utf8'), 'new');
  assert.equal(readdirSync(folder), ['results.json']);
});

test('discarded content leaves no trace', async () => {
  const path = join(folder, 'discarded');
  const file = await WholeFile.create(path);
  await file.write('x');
  await file.discard();
  assert.not(readdirSync(folder).includes('discarded'));
  assert.equal(
    readdirSync(folder).filter((name) => name.endsWith('.partial')),
    [],
  );
});

test('a file that cannot be written is named with the reason', async () => {
  const missing = await failure(() => writeWholeFile(join(folder, 'no', 'such', 'a.txt'), 'x'));
  assert.is(missing.code, 'FILE_NOT_WRITABLE');
  assert.match(missing.message, /no\/such\/a\.txt: cannot be written: no such file or directory$/);
  mkdirSync(join(folder, 'taken'));
  const taken = await failure(() => writeWholeFile(join(folder, 'taken'), 'x'));
  assert.match(taken.message, /'taken' is a folder/);
});

test('a device is not replaced by a file', async () => {
  symlinkSync('/dev/null', join(folder, 'null'));
  assert.match((await failure(() => writeWholeFile(join(folder, 'null'), 'x'))).message, /not a regular file/);
});

(process.getuid?.() === 0 ? test.skip : test)('a folder without permission', async () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o500);
  assert.match(
    (await failure(() => writeWholeFile(join(closed, 'a'), 'x'))).message,
    /permission denied; name a folder that you may write to$/,
  );
});

test('a JSON array is valid with any number of elements', async () => {
  for (const elements of [[], [1], [{ a: 'ü\n' }, null, [2, 3]]]) {
    let text = '';
    const writer = new JsonArrayWriter(async (part) => {
      text += part;
    });
    for (const element of elements) await writer.push(element);
    await writer.push();
    await writer.end();
    assert.equal(JSON.parse(text), elements);
    assert.ok(text.endsWith(']\n'));
  }
});

test('elements pushed at once and one by one give the same file', async () => {
  const [all, each] = [join(folder, 'all.json'), join(folder, 'each.json')];
  const first = await JsonArrayFile.create(all);
  await first.push(1, 2, 3);
  await first.commit();
  const second = await JsonArrayFile.create(each);
  for (const element of [1, 2, 3]) await second.push(element);
  await second.commit();
  assert.is(readFileSync(all, 'utf8'), readFileSync(each, 'utf8'));
});

test('an array is valid at any moment, and what is taken back leaves no trace', async () => {
  const path = join(folder, 'growing.json');
  const array = await JsonArrayFile.create(path);
  const read = (): unknown => JSON.parse(readFileSync(path, 'utf8'));
  await array.publish();
  assert.equal(read(), []);
  const empty = array.state;
  await array.push({ a: 'long enough to be cut' });
  await array.restore(empty);
  await array.push();
  await array.push(1);
  await array.publish();
  assert.equal(read(), [1]);
  const one = array.state;
  await array.push('x'.repeat(100), 2);
  await array.restore(one);
  await array.push(3);
  assert.equal(read(), [1]);
  await array.publish();
  assert.equal(read(), [1, 3]);
  // Long ones are copied now and then only, but all of it is there in the end.
  for (let i = 0; i < 30; i++) {
    await array.push('x'.repeat(100_000));
    await array.publish();
    read();
  }
  await array.commit();
  assert.is((read() as unknown[]).length, 32);
});

test.run();
