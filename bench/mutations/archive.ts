import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { unpackFolder } from '../../io/download/unpack.ts';
import { zip } from '../../test/checkpoints/hostile-files.ts';
import { type Kind, once, write } from './kind.ts';
import { mutateBytes, pick } from './mutate.ts';

const content = {
  'top/a.txt': Buffer.from('a'),
  'top/deep/b.bin': Buffer.alloc(3000, 'content '),
  'other/c': Buffer.from('c'),
};
const tarFile = once(async () => {
  const entries = Object.entries(content).map(([name, body]) => ({
    header: { name, size: body.length, type: 'file' as const },
    body,
  }));
  return Buffer.from(await packTar(entries));
});
export const archive: Kind = async (random, folder) => {
  const [name, bytes] = await pick<() => Promise<[string, Buffer]>>(random, [
    async () => ['a.tar.gz', gzipSync(mutateBytes(random, await tarFile()))],
    async () => ['a.tar.gz', mutateBytes(random, gzipSync(await tarFile()))],
    async () => ['a.zip', mutateBytes(random, zip(content, random.uniform() < 0.5))],
  ])();
  await unpackFolder(write(folder, name, bytes), 'top', join(folder, 'target'));
  rmSync(join(folder, 'target'), { recursive: true });
};
