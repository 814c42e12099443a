import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { globSync } from 'tinyglobby';
import ts from 'typescript5';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from './shared-data.ts';

/** By room, which rooms it may import: the floor plan. TypeScript's own parser finds the imports, types among them. */
const rooms: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(posix.join(projectRoot, 'test/rooms.json'), 'utf8'),
);

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = globSync(
  Object.keys(rooms).map((room) => `${room}/**/*.ts`),
  { cwd: projectRoot },
).sort();

/** What a file imports: files of ours by path from the root, all else as it is written. */
function importsOf(file: string): Import[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(posix.join(projectRoot, file), 'utf8'), true, true);
  return importedFiles.map(({ fileName }) => ({
    file,
    target: fileName.startsWith('.') ? posix.join(posix.dirname(file), fileName) : fileName,
  }));
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));
const roomOf = (file: string): string => file.split('/')[0];
const say = ({ file, target }: Import): string => `${file} imports ${target}`;

test('every room of the floor plan has files, and they import each other', () => {
  for (const room of Object.keys(rooms))
    assert.ok(
      files.some((file) => roomOf(file) === room),
      room,
    );
  const own = [...imports.values()].flat().filter(({ target }) => imports.has(target));
  assert.ok(own.length > files.length, 'imports are found');
});

test('a room imports only those that the floor plan allows, and io only errors.ts besides', () => {
  const wrong = [...imports.values()].flat().filter(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (!imports.has(target)) return from === 'io' && target.endsWith('.ts') && target !== 'errors.ts';
    return from !== to && !rooms[from].includes(to);
  });
  assert.equal(wrong.map(say), []);
});

test('the floor plan has no circle', () => {
  for (const [room, below] of Object.entries(rooms)) {
    for (const lower of below) assert.not.ok(rooms[lower].includes(room), `${room} and ${lower} allow each other`);
  }
});

test('no value goes in a circle between files', () => {
  // Types may: they are gone when the program runs.
  const values = new Map(files.map((file) => [file, valueImports(file)]));
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const next of values.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  assert.equal(circles, []);
});

test('detection/ops runs in browsers: nothing that it needs is of Node', () => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const target of valueImports(file)) {
      if (imports.has(target)) visit(target);
      else if (target.startsWith('node:')) wrong.push(`${file} imports ${target}`);
    }
  };
  for (const file of files) if (file.startsWith('detection/ops/')) visit(file);
  assert.ok(seen.size > 5);
  assert.equal(wrong, []);
});

/** What is still imported when the program runs, as the compiled file has it. */
function valueImports(file: string): string[] {
  const compiled = readFileSync(posix.join(projectRoot, 'dist', file.replace(/\.ts$/, '.js')), 'utf8');
  return ts
    .preProcessFile(compiled, true, true)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? posix.join(posix.dirname(file), fileName).replace(/\.js$/, '.ts') : fileName,
    );
}

test.run();
