import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from './shared-data.ts';

const test = suite('packed files');

/** Files of the package, as npm packs them. */
function packedFiles(): Set<string> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const shell = process.platform === 'win32';
  const output = execFileSync('npm', args, { cwd: projectRoot, encoding: 'utf8', shell, maxBuffer: 2 ** 26 });
  const parsed = JSON.parse(output) as Packed[] | Readonly<Record<string, Packed>>;
  return new Set(Object.values(parsed)[0].files.map(({ path }) => path));
}
interface Packed {
  readonly files: readonly { readonly path: string }[];
}

test('what its pages link to and show is in the package, or has an address', () => {
  const files = packedFiles();
  const pages = [...files].filter((file) => file.endsWith('.md'));
  assert.ok(pages.includes('README.md') && pages.includes('docs/serve.md'));
  let links = 0;
  for (const page of pages) {
    const text = readFileSync(join(projectRoot, page), 'utf8').replace(/^```.*?^```$/gms, '');
    for (const [, link, source] of text.matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)) {
      const target = (link ?? source).replace(/#.*$/, '');
      if (target === '' || /^https?:\/\//.test(target)) continue;
      links++;
      assert.ok(files.has(posix.join(posix.dirname(page), target)), `${page}: ${target} is not packed`);
    }
  }
  assert.ok(links > 10);
});

test('neither tests nor maps nor benchmarks are packed', () => {
  for (const file of packedFiles()) assert.not.match(file, /^dist\/(test|bench)\/|\.map$|^shared\//);
});

test.run();
