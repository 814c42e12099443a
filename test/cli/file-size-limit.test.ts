import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from '../shared-data.ts';

const root = mkdtempSync(join(tmpdir(), 'file-size-limit-'));
test.after(() => rmSync(root, { recursive: true }));
const program = join(projectRoot, 'dist', 'cli', 'main.js');

/** Runs the program where no file may have more kilobytes. The system refuses then as it does on a full disk. */
function limited(kilobytes: number, ...args: string[]) {
  // POSIX's unit is 512 bytes.
  const script = `ulimit -f ${2 * kilobytes}; exec "$@"`;
  return spawnSync('sh', ['-c', script, 'sh', process.execPath, program, ...args], { encoding: 'utf8', cwd: root });
}

const advice = /cannot be written: file too large; raise the limit on the size of a file \(ulimit -f\)/;
// Windows has no such limit.
const limitTest = process.platform === 'win32' ? test.skip : test;

limitTest('detect: results, and what fits, are written; each file that is not is named', () => {
  const samples = join(projectRoot, 'samples');
  const model = join(projectRoot, 'models', 'coco-mini-resnet18-fpn.safetensors');
  const images = ['astronaut.jpg', 'cat.jpg'].map((name) => join(samples, name));
  const { status, stderr } = limited(60, 'detect', ...images, '--model', model, '--out', 'detected', '--quiet');
  assert.is(status, 1, stderr);
  const lines = stderr.trim().split('\n');
  assert.is(lines.length, 2, stderr);
  for (const name of ['astronaut.jpg', 'index.html']) {
    assert.ok(
      lines.some((line) => line.includes(join('detected', name)) && advice.test(line)),
      stderr,
    );
  }
  const out = join(root, 'detected');
  assert.equal(readdirSync(out).sort(), ['cat.jpg', 'detections.json', 'images.json']);
  const read = (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));
  assert.equal(
    read('images.json').map(({ file_name }: { file_name: string }) => file_name),
    ['astronaut.jpg', 'cat.jpg'],
  );
  const ids = new Set(read('detections.json').map(({ image_id }: { image_id: number }) => image_id));
  assert.is(ids.size, 2);
});

limitTest('models convert and export: an older file stays, nothing else is left', () => {
  const model = join(projectRoot, 'models', 'cifar10-resnet20.safetensors');
  const folder = mkdtempSync(join(root, 'models-'));
  for (const [name, ...command] of [
    ['a.safetensors', 'models', 'convert'],
    ['a.onnx', 'export'],
  ]) {
    const file = join(folder, name);
    writeFileSync(file, 'older');
    const out = command[0] === 'export' ? ['--out', file] : [file];
    const { status, stderr } = limited(100, ...command, model, ...out, '--force', '--quiet');
    assert.is(status, 2, stderr);
    assert.match(stderr, advice);
    assert.is(readFileSync(file, 'utf8'), 'older');
  }
  assert.equal(readdirSync(folder).sort(), ['a.onnx', 'a.safetensors']);
});

test.run();
