import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ResnetCocoError } from '../../errors.ts';
import { inLockedFolder, LOCK_FILE, lockFolder } from '../../io/folder-lock.ts';
import { newOwner } from '../../io/lock-owner.ts';
import { rejects } from '../rejects.ts';

const root = mkdtempSync(join(tmpdir(), 'folder-lock-'));
test.after(() => rmSync(root, { recursive: true }));
let count = 0;
const newFolder = () => join(root, `folder-${count++}`);

/** A folder that has such a lock file. */
function locked(text: string): string {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, LOCK_FILE), text);
  return folder;
}

const takes = async (folder: string): Promise<void> => {
  const release = await lockFolder(folder);
  assert.is(JSON.parse(readFileSync(join(folder, LOCK_FILE), 'utf8')).pid, process.pid);
  await release();
  assert.equal(readdirSync(folder), []);
};

test('a folder is made and taken; a second call is refused until it is given back', async () => {
  const folder = join(newFolder(), 'deep');
  const release = await lockFolder(folder);
  await rejects(
    lockFolder(folder),
    'USAGE',
    new RegExp(`deep: process ${process.pid} on .* writes there; wait until it is done, or name another folder`),
  );
  await release();
  await takes(folder);
});

test('it is given back when the work is done, and when it fails', async () => {
  const folder = newFolder();
  assert.is(await inLockedFolder(folder, async () => existsSync(join(folder, LOCK_FILE))), true);
  const failing = inLockedFolder(folder, async () => {
    throw new ResnetCocoError('BAD_IMAGE', 'a.jpg: broken');
  });
  await rejects(failing, 'BAD_IMAGE', /broken/);
  await takes(folder);
});

test('of many calls at once one takes it', async () => {
  const folder = locked(JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), id: '' }));
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  const taken = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  assert.is(taken.length, 1);
  await taken[0]();
  assert.equal(readdirSync(folder), []);
});

test('the lock of a process that was killed is taken over', async () => {
  const folder = newFolder();
  const url = new URL('../../io/folder-lock.js', import.meta.url);
  const code = `import(${JSON.stringify(url.href)}).then(async ({ lockFolder }) => {
    await lockFolder(${JSON.stringify(folder)});
    console.log('locked');
    setTimeout(() => {}, 60_000);
  })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await rejects(lockFolder(folder), 'USAGE', new RegExp(`process ${child.pid} on`));
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.ok(existsSync(join(folder, LOCK_FILE)));
  await takes(folder);
});

test('a process that has the number of one that ended is another', async () => {
  const owner = newOwner();
  if (owner.started === undefined) return;
  await takes(locked(JSON.stringify({ ...owner, started: 'another-boot 1' })));
  await rejects(lockFolder(locked(JSON.stringify(owner))), 'USAGE', /writes there/);
});

test('of another machine a lock counts while it is touched', async () => {
  const folder = locked(JSON.stringify({ pid: 1, host: 'elsewhere', id: '' }));
  await rejects(lockFolder(folder), 'USAGE', /process 1 on elsewhere writes there/);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(join(folder, LOCK_FILE), longAgo, longAgo);
  await takes(folder);
});

test('a lock file that names nobody, since its process was killed as it wrote it, is taken over', async () => {
  for (const text of ['', '{"pid":', '[]', '{"pid":"1"}']) {
    const folder = locked(text);
    const before = new Date(Date.now() - 60_000);
    utimesSync(join(folder, LOCK_FILE), before, before);
    await takes(folder);
  }
});

test('a folder that cannot be made is named', async () => {
  writeFileSync(join(root, 'file'), '');
  await rejects(lockFolder(join(root, 'file')), 'FILE_NOT_WRITABLE', /file: cannot be written/);
  await rejects(lockFolder(join(root, 'file', 'below')), 'FILE_NOT_WRITABLE', /below: cannot be written/);
});

test.run();
