import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectInputs, type Inputs } from '../../../cli/input/inputs.ts';
import { naturalOrder } from '../../../cli/terminal/natural-order.ts';
import { ResnetCocoError } from '../../../errors.ts';

const root = mkdtempSync(join(tmpdir(), 'inputs-'));
const home = process.cwd();
process.chdir(root);
test.after(() => {
  process.chdir(home);
  rmSync(root, { recursive: true });
});

function plant(...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
  }
}

interface Settings {
  readonly recursive?: boolean;
  readonly exclude?: string;
  readonly list?: string | Uint8Array;
}

const collect = (paths: string[], { recursive = false, exclude, list = '' }: Settings = {}): Promise<Inputs> =>
  collectInputs(paths, {
    recursive,
    exclude,
    signal: new AbortController().signal,
    stdin: (async function* () {
      yield list;
    })(),
  });

const files = async (...args: Parameters<typeof collect>): Promise<string[]> =>
  (await collect(...args)).files.map(({ file }) => file);

async function refusal(...args: Parameters<typeof collect>): Promise<string> {
  try {
    await collect(...args);
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'FILE_NOT_FOUND');
    return (error as ResnetCocoError).message;
  }
  throw new Error('nothing was thrown');
}

plant('p/img10.jpg', 'p/img2.JPG', 'p/img1.png', 'p/notes.txt', 'p/.hidden.jpg', 'p/._img1.png', 'p/x.webp');
plant('p/b/img3.jpeg', 'p/b/deep/4.jpg', 'p/.secret/5.jpg', 'p/a/6.tiff');
plant('odd/no-extension', 'odd/photo [1].jpg', 'odd/set (2)/a.jpg', 'odd/set (2)/b.jpg', 'none/readme.md');

test('a folder gives its images in natural order, hidden ones left out', async () => {
  assert.equal(await files(['p']), ['p/img1.png', 'p/img2.JPG', 'p/img10.jpg', 'p/x.webp']);
});

test('sub-folders that are not looked into are counted in a note', async () => {
  assert.equal((await collect(['p'])).notes, ['p: 2 sub-folders not looked into; --recursive does']);
  assert.equal((await collect(['p'], { exclude: 'p/b' })).notes, ['p: 1 sub-folder not looked into; --recursive does']);
  assert.equal((await collect(['p'], { recursive: true })).notes, []);
});

test('--recursive descends, folder by folder, and names are relative to the folder given', async () => {
  const { files: found } = await collect(['p/'], { recursive: true });
  assert.equal(
    found.map(({ name }) => name),
    ['a/6.tiff', 'b/deep/4.jpg', 'b/img3.jpeg', 'img1.png', 'img2.JPG', 'img10.jpg', 'x.webp'],
  );
  assert.is(found[0].file, 'p/a/6.tiff');
});

test('the folder of the results is not descended into', async () => {
  plant('p/b/out/7.jpg');
  assert.ok((await files(['p'], { recursive: true })).includes('p/b/out/7.jpg'));
  assert.not((await files(['p'], { recursive: true, exclude: 'p/b/out' })).includes('p/b/out/7.jpg'));
  assert.equal(await files(['p/b/out'], { exclude: 'p/b/out' }), ['p/b/out/7.jpg']);
  rmSync('p/b/out', { recursive: true });
});

test('files are taken in the order given, whatever they are called, and once', async () => {
  assert.equal(await files(['p/img2.JPG', './odd/no-extension', 'p/notes.txt', 'p/../p/img2.JPG', 'p/img1.png', 'p']), [
    'p/img2.JPG',
    'odd/no-extension',
    'p/notes.txt',
    'p/img1.png',
    'p/img10.jpg',
    'p/x.webp',
  ]);
  assert.equal(await files([join(root, 'p/img1.png'), 'p/img1.png']), [join(root, 'p/img1.png')]);
});

test('globs take images only, in natural order', async () => {
  assert.equal(await files(['p/img*']), ['p/img1.png', 'p/img2.JPG', 'p/img10.jpg']);
  const { files: deep } = await collect(['p/**/*.{jpg,jpeg}']);
  assert.equal(
    deep.map(({ name }) => name),
    ['b/deep/4.jpg', 'b/img3.jpeg', 'img10.jpg'],
  );
  assert.equal(await files([join(root, 'p', 'img1*')]), [join(root, 'p/img1.png'), join(root, 'p/img10.jpg')]);
});

test('files whose names do not tell are taken where they begin as images do', async () => {
  plant('mixed/a.jpg', 'mixed/notes', 'mixed/LICENSE', 'mixed/c.jpg_large', 'mixed/d.json', 'mixed/e.png~');
  writeFileSync('mixed/photo', Buffer.of(0xff, 0xd8, 0xff, 0xe0));
  writeFileSync('mixed/b.jpg_large', Buffer.of(0xff, 0xd8, 0xff, 0xe0));
  writeFileSync('mixed/f.json', Buffer.of(0xff, 0xd8, 0xff, 0xe0));
  const expected = ['a.jpg', 'b.jpg_large', 'photo'].map((name) => join('mixed', name));
  assert.equal(await files(['mixed']), expected);
  assert.equal(await files(['mixed/*']), expected);
});

test('names that look like globs are taken as they are where they exist', async () => {
  assert.equal(await files(['odd/photo [1].jpg']), ['odd/photo [1].jpg']);
  assert.equal(await files(['odd/set (2)/*.jpg']), ['odd/set (2)/a.jpg', 'odd/set (2)/b.jpg']);
  assert.equal(await files(['odd/set (2)']), ['odd/set (2)/a.jpg', 'odd/set (2)/b.jpg']);
});

test('a list on stdin: lines, NUL, Windows line ends, a byte order mark, folders', async () => {
  const expected = ['p/img1.png', 'odd/photo [1].jpg'];
  for (const list of [
    'p/img1.png\nodd/photo [1].jpg\n',
    'p/img1.png\0odd/photo [1].jpg\0',
    '\uFEFFp/img1.png\r\n\r\nodd/photo [1].jpg',
    Buffer.from('p/img1.png\nodd/photo [1].jpg\n'),
  ]) {
    assert.equal(await files(['-'], { list }), expected);
  }
  assert.equal(await files(['-', 'p/img2.JPG', '-'], { list: 'none/readme.md\nodd/set (2)\n' }), [
    'none/readme.md',
    'odd/set (2)/a.jpg',
    'odd/set (2)/b.jpg',
    'p/img2.JPG',
  ]);
});

test('what the list names wrongly is reported, and the others go on', async () => {
  const { files: found, failures } = await collect(['-'], { list: 'gone.jpg\np/img1.png\np/*.jpg\n' });
  assert.equal(
    found.map(({ file }) => file),
    ['p/img1.png'],
  );
  assert.equal(
    failures.map(({ file, error }) => [file, error.message]),
    [
      ['gone.jpg', 'gone.jpg: no such file or folder'],
      ['p/*.jpg', 'p/*.jpg: no such file or folder'],
    ],
  );
  assert.is(await refusal(['-']), 'the list on stdin is empty');
});

test('a path of the call that does not exist is an error that names it', async () => {
  assert.is(await refusal(['p', 'gone.jpg']), 'gone.jpg: no such file or folder');
  assert.is(await refusal(['p/img1.png/x']), 'p/img1.png/x: no such file or folder');
  assert.is(await refusal(['']), "'': no such file or folder");
  assert.match(await refusal(['gone/*.jpg']), /^gone\/\*\.jpg: no such file, and no image matches/);
  assert.match(await refusal(['none/*.md']), /matches 1 other file/);
});

test('an empty folder says so, and only fails where nothing else is left', async () => {
  const message = await refusal(['none']);
  assert.match(message, /^none: no images in this folder \(looked for \.jpg .*\.png/);
  assert.not.match(message, /recursive/);
  plant('nested/in/a.jpg');
  assert.match(await refusal(['nested']), /--recursive looks into its sub-folders/);
  const { files: found, notes } = await collect(['none', 'p/img1.png']);
  assert.is(found.length, 1);
  assert.match(notes[0], /^none: no images/);
});

test('broken links and circles of links', async () => {
  plant('links/a.jpg');
  symlinkSync('nowhere.jpg', 'links/broken.jpg');
  symlinkSync('nowhere.txt', 'links/broken.txt');
  symlinkSync('../p/img1.png', 'links/z.png');
  symlinkSync('..', 'links/up');
  symlinkSync('.', 'links/self');
  const { files: found, failures } = await collect(['links'], { recursive: true });
  const names = found.map(({ file }) => file);
  assert.ok(names.includes('links/a.jpg') && names.includes('links/z.png'));
  assert.not(names.some((name) => name.includes('self/')));
  assert.equal(
    failures.map(({ file }) => file),
    ['links/broken.jpg'],
  );
  assert.match(failures[0].error.message, /broken link/);
  assert.match(await refusal(['links/broken.jpg']), /links\/broken\.jpg: no such file/);
  rmSync('links', { recursive: true });
});

(process.getuid?.() === 0 ? test.skip : test)('a sub-folder that cannot be read is reported', async () => {
  plant('closed/in/a.jpg', 'closed/b.jpg');
  chmodSync('closed/in', 0);
  const { files: found, failures } = await collect(['closed'], { recursive: true });
  chmodSync('closed/in', 0o700);
  assert.is(found.length, 1);
  assert.match(failures[0].error.message, /closed\/in: cannot be read: permission denied/);
});

test('names are unique: those that collide are told apart by their folders', async () => {
  plant('q/x/1.jpg', 'q/y/1.jpg', 'q/y/z/2.jpg');
  const names = async (...paths: string[]) => (await collect(paths)).files.map(({ name }) => name);
  assert.equal(await names('q/x/1.jpg', 'q/y/z/2.jpg'), ['1.jpg', '2.jpg']);
  assert.equal(await names('q/x/1.jpg', 'q/y/1.jpg', 'q/y/z/2.jpg'), ['x/1.jpg', 'y/1.jpg', 'y/z/2.jpg']);
  assert.equal(await names('q/x', 'q/y'), ['x/1.jpg', 'y/1.jpg']);
});

test('natural order is by numbers, then by characters, and total', () => {
  const sorted = ['a/2.jpg', 'a/10.jpg', 'a.jpg', 'A.jpg', 'b/1.jpg', 'img1.jpg', 'img01.jpg', 'img2.jpg', 'é.jpg'];
  for (let seed = 1; seed < 20; seed++) {
    const shuffled = [...sorted].sort(
      (a, b) => ((a.length * 7 + seed * a.charCodeAt(0)) % 11) - ((b.length * 5 + seed) % 7),
    );
    assert.equal(shuffled.sort(naturalOrder), [...sorted].sort(naturalOrder));
  }
  assert.ok(naturalOrder('img2', 'img10') < 0);
  assert.ok(naturalOrder('a/b', 'a/b/c') < 0);
  assert.ok(naturalOrder('img1', 'img01') !== 0);
  assert.is(naturalOrder('x', 'x'), 0);
});

test.run();
