import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

limitTest('detections.json keeps the images whose results fit, and what is lost is counted', async () => {
  const out = join(root, 'made', 'here');
  const make = (images: number, objects: number) => `
    import { DetectionFolder } from ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist/detection/results/detection-folder.js')).href)};
    const planned = Array.from({ length: ${images} }, (_, i) => ({ file: i + '.jpg', name: i + '.jpg', id: i }));
    const failed = [];
    const options = { onFailure: (file) => failed.push(file) };
    const folder = await DetectionFolder.create(${JSON.stringify(out)}, planned, options);
    const detection = { category_id: 1, label: 'a', score: 0.5, bbox: [1, 2, 3, 4] };
    for (const { file } of planned) {
      const count = file === '1.jpg' ? 200 : ${objects};
      await folder.add({ file, width: 9, height: 9, detections: Array(count).fill(detection) });
    }
    await folder.close();
    console.log(JSON.stringify({ failed, losses: folder.losses }));`;
  const run = (kilobytes: number, script: string) =>
    spawnSync(
      'sh',
      ['-c', `ulimit -f ${2 * kilobytes}; exec "$@"`, 'sh', process.execPath, '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
      },
    );
  const { stdout, stderr } = run(8, make(4, 10));
  const { failed, losses } = JSON.parse(stdout || stderr);
  assert.equal(failed, ['1.jpg']);
  assert.match(losses, /detections\.json: has 30 results of 3 images; 200 results of 1 images could not be written/);
  const read = (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8'));
  const count = (id: number) =>
    read('detections.json').filter((result: { image_id: number }) => result.image_id === id).length;
  assert.equal([0, 1, 2, 3].map(count), [10, 0, 10, 10]);
  assert.equal(
    read('images.json').map(({ id }: { id: number }) => id),
    [0, 2, 3],
  );
  rmSync(join(root, 'made'), { recursive: true });
  assert.match(run(0, make(4, 10)).stderr, /FILE_NOT_WRITABLE|cannot be written/);
  assert.not(existsSync(join(root, 'made')), 'a folder that was made for nothing');
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
