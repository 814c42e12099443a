import { execFile } from 'node:child_process';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { unpackTar } from 'modern-tar/fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** The checkout: tests run from `dist/test`. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly types: string } | string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
const { dependencies, exports, optionalDependencies } = manifest;
/** Each entry point, such as `resnet-coco/eval`, and the file of its declarations. */
const entries = Object.entries(exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [{ name: `resnet-coco${path.slice(1)}`, file: join(root, target.types) }],
);

const COMPILERS = { 'TypeScript 5': 'typescript5/bin/tsc', 'TypeScript 7': 'typescript/bin/tsc' };
/** The last has a browser's declarations beside Node's. */
const MODES = [
  { module: 'node16', lib: ['es2022'] },
  { module: 'nodenext', lib: ['es2022'] },
  { module: 'preserve', moduleResolution: 'bundler', lib: ['es2022', 'dom', 'dom.iterable'] },
];

/** The examples of a page in Markdown; each is a module of its own. */
const examplesIn = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** Everything that npm packs, in a project that has it installed beside the packages it depends on. */
const installed = mkdtempSync(join(tmpdir(), 'resnet-coco-consumer-'));
test.before(async () => {
  const shell = process.platform === 'win32';
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', installed];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, shell });
  const modules = join(installed, 'node_modules');
  const archive = createReadStream(join(installed, stdout.trim())).pipe(createGunzip());
  await pipeline(archive, unpackTar(join(modules, 'resnet-coco'), { strip: 1 }));
  for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
});
test.after(() => rmSync(installed, { recursive: true }));

/** A folder of that project with the documentation's examples, each a module of its own. */
function consumer(): string {
  const folder = mkdtempSync(join(installed, 'code-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const docs = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
  for (const page of ['README.md', ...docs.map((file) => join('docs', file))]) {
    examplesIn(join(root, page)).forEach((code, i) => {
      writeFileSync(join(folder, `${page.replaceAll(/\W/g, '-')}-${i + 1}.ts`), `${code}export {};\n`);
    });
  }
  // Every declaration is read, whether an example needs it or not.
  const imports = entries.map(({ name }, i) => `export * as entry${i} from '${name}';\n`);
  writeFileSync(join(folder, 'every-entry.ts'), imports.join(''));
  return folder;
}

async function compile(folder: string, compiler: string, options: object): Promise<string> {
  const project = join(folder, `tsconfig.${compiler.split('/')[0]}.json`);
  const compilerOptions = { strict: true, target: 'es2022', types: ['node'], noEmit: true, skipLibCheck: false };
  writeFileSync(project, JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, include: ['*.ts'] }));
  try {
    await promisify(execFile)(process.execPath, [join(root, 'node_modules', compiler), '-p', project]);
    return '';
  } catch (error) {
    const { message, stdout } = error as Error & { readonly stdout?: string };
    return stdout || message;
  }
}

for (const [name, compiler] of Object.entries(COMPILERS)) {
  for (const mode of MODES) {
    test(`the documentation's examples and all declarations compile: ${name}, ${mode.moduleResolution ?? mode.module}`, async () => {
      assert.is(await compile(consumer(), compiler, mode), '');
    });
  }
}

test('a mistake in an example is seen', async () => {
  const folder = consumer();
  const wrong = "import { loadDetector } from 'resnet-coco';\nawait (await loadDetector('a')).detect(1);\n";
  writeFileSync(join(folder, 'wrong.ts'), wrong);
  assert.match(await compile(folder, COMPILERS['TypeScript 7'], MODES[0]), /wrong\.ts.*TS2769/s);
});

test('every entry of the packed package runs', async () => {
  const folder = consumer();
  const code = entries.map(({ name }) => `console.log(Object.keys(await import('${name}')).length > 0);\n`);
  writeFileSync(join(folder, 'run.js'), code.join(''));
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'run.js')]);
  assert.is(stdout, 'true\n'.repeat(entries.length));
});

test('declarations that users see need no other package but Fastify', () => {
  const files = new Set(entries.map(({ file }) => file));
  const packages = new Set<string>();
  for (const file of files) {
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"]([^'"]+)['"]/g)) {
      if (target.startsWith('.')) files.add(join(dirname(file), target.replace(/\.ts$/, '.d.ts')));
      else if (!target.startsWith('node:')) packages.add(target);
    }
  }
  assert.equal([...packages], ['fastify']);
});

test.run();
