import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from '../shared-data.ts';

const test = suite('what npm installed');

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'installed-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

test('without onnxruntime-node WebAssembly computes, with a warning, and the others say what to do', () => {
  cpSync(join(projectRoot, 'dist', 'engine'), join(folder, 'dist', 'engine'), { recursive: true });
  for (const name of readdirSync(join(projectRoot, 'dist')).filter((name) => name.endsWith('.js'))) {
    cpSync(join(projectRoot, 'dist', name), join(folder, 'dist', name));
  }
  cpSync(join(projectRoot, 'dist', 'io'), join(folder, 'dist', 'io'), { recursive: true });
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(projectRoot, 'node_modules'))) {
    if (name !== 'onnxruntime-node')
      symlinkSync(join(projectRoot, 'node_modules', name), join(folder, 'node_modules', name));
  }
  writeFileSync(
    join(folder, 'try.mjs'),
    `import { createEngine } from './dist/engine/create-engine.js';
     const warnings = [];
     process.on('warning', ({ code }) => warnings.push(code));
     const { name } = await createEngine();
     const refused = await createEngine('onnx').catch(({ code, message }) => code + ': ' + message);
     await new Promise(setImmediate);
     console.log(JSON.stringify({ name, warnings, refused }));`,
  );
  const { stderr, stdout } = spawnSync(process.execPath, [join(folder, 'try.mjs')], { encoding: 'utf8' });
  assert.ok(stdout, stderr);
  const { name, refused, warnings } = JSON.parse(stdout) as { name: string; refused: string; warnings: string[] };
  assert.is(name, 'wasm');
  assert.equal(warnings, ['RESNET_COCO_WASM']);
  assert.match(refused, /^ENGINE_UNAVAILABLE: .*npm install onnxruntime-node/);
});

const fetchesCuda = process.platform === 'linux' && process.arch === 'x64';
(fetchesCuda ? test : test.skip)('empty files stand in for the libraries of CUDA, unless these were asked for', () => {
  const script = join('engine', 'onnx', 'no-cuda-download.js');
  const home = join(folder, 'node_modules', 'resnet-coco');
  const binaries = join(folder, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', 'linux', 'x64');
  const cuda = join(binaries, 'libonnxruntime_providers_cuda.so');
  mkdirSync(binaries, { recursive: true });
  cpSync(join(projectRoot, script), join(home, script));
  cpSync(join(projectRoot, 'package.json'), join(home, 'package.json'));
  const { npm_config_onnxruntime_node_install: _, ONNXRUNTIME_NODE_INSTALL: __, ...env } = process.env;
  const install = (more: object) => spawnSync(process.execPath, [join(home, script)], { env: { ...env, ...more } });
  assert.is(install({ ONNXRUNTIME_NODE_INSTALL: 'cuda12' }).status, 0);
  assert.not.ok(existsSync(cuda));
  writeFileSync(join(binaries, 'libonnxruntime_providers_shared.so'), 'real');
  assert.is(install({}).status, 0);
  assert.is(statSync(cuda).size, 0);
  assert.is(statSync(join(binaries, 'libonnxruntime_providers_shared.so')).size, 4);
});

test.run();
