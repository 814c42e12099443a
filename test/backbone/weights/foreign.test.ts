import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel } from '../../../backbone/index.ts';
import { openCheckpoint } from '../../../backbone/weights/index.ts';
import { loadDetector, ResnetCocoError } from '../../../index.ts';
import { fixturesDir } from '../../shared-data.ts';
import { refused, zip } from './hostile-files.ts';

const test = suite('checkpoints of other frameworks');
const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
test.after(() => rmSync(folder, { recursive: true }));
const expectRefused = refused(folder);
const fixture = (name: string) => join(fixturesDir, 'foreign', name);

async function messageOf(call: Promise<unknown>, code: string): Promise<string> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ResnetCocoError && error.code === code, `${error}`);
    return (error as Error).message;
  }
  throw new Error('it loaded');
}

test('pickles of Detectron2 are called so, with names of their tensors', async () => {
  for (const protocol of [2, 4]) {
    const message = await messageOf(openCheckpoint(fixture(`detectron2-${protocol}.pkl`)), 'BAD_CHECKPOINT');
    assert.match(message, /Detectron2 \(backbone\.bottom_up\.stem\.conv1\.weight, proposal_generator\..*, .*res2/);
    assert.match(message, /what loads are .*torchvision/);
  }
});

test("MMDetection's are called so, with what its message hub holds, and Ultralytics' too", async () => {
  const message = await messageOf(loadDetector(fixture('mmdetection.pth')), 'BAD_MODEL');
  assert.match(message, /MMDetection \(neck\..*, rpn_head\.rpn_conv\.weight, roi_head\.bbox_head/);
  const yolo = await messageOf(openCheckpoint(fixture('ultralytics.pt')), 'UNSAFE_CHECKPOINT');
  assert.match(yolo, /YOLO of Ultralytics.*nothing was run/);
});

test("Lightning's objects of settings and callbacks are no obstacle, and all entries are said", async () => {
  const notes: string[] = [];
  const { checkpoint } = await openModel(fixture('lightning.ckpt'), { onNote: (note) => notes.push(note) });
  checkpoint.close();
  assert.equal([...checkpoint.tensors.keys()], ['layer1.0.conv1.weight', 'layer1.1.conv1.weight']);
  assert.match(notes[0], /'model\.'.*epoch, optimizer_states \(2 tensors\), callbacks \(1 tensor\), hyper_parameters/);
});

test('files of other programs are told by how they begin', async () => {
  const cases: [string, string, RegExp][] = [
    ['a.h5', '\x89HDF\r\n\x1a\n', /HDF5.*Keras/],
    ['a.bin', '\x1c\0\0\0TFL3', /TensorFlow Lite/],
    ['b.bin', 'GGUF\x03\0\0\0', /GGUF/],
    ['c.bin', '\x93NUMPY\x01\0', /NumPy array/],
    ['d.bin', '\x08\x07\x12\x07pytorch\x1a\x032.1:', /ONNX/],
    ['e.bin', '\x08\x0a:\xff\x01', /ONNX/],
    ['f.bin', '\x08\x01\x12\x96\x9c\x01\n\x45\n\x05serve', /SavedModel/],
    ['g.bin', '\xfd7zXZ\0', /compressed archive.*unpack/],
    ['h.bin', '\xff\xd8\xff\xe0\0\x10JFIF', /an image/],
    ['i.bin', '<?xml version="1.0"?>\n<net name="x">', /OpenVINO/],
    ['model.ckpt.data-00000-of-00001', 'xxxxxxxxxxxxxxxx', /checkpoint of TensorFlow/],
  ];
  for (const [name, begins, pattern] of cases) {
    await expectRefused(name, Buffer.from(begins.padEnd(600, '\0'), 'latin1'), 'BAD_CHECKPOINT', pattern);
  }
  const tar = Buffer.alloc(1024);
  tar.write('weights.pth');
  tar.write('ustar', 257);
  await expectRefused('weights.tar', tar, 'BAD_CHECKPOINT', /tar archive/);
});

test('archives of other programs are told by the files in them', async () => {
  const cases: [string[], RegExp][] = [
    [['m/code/__torch__/x.py', 'm/version'], /TorchScript/],
    [['m/models/model.json', 'm/archive_format'], /torch\.export/],
    [['metadata.json', 'model.weights.h5'], /Keras/],
    [['a.npy', 'b.npy'], /NumPy/],
    [['x/saved_model.pb'], /SavedModel/],
    [['x/resnet50.pth'], /'?x\/resnet50\.pth'? in it; unpack it first/],
  ];
  for (const [names, pattern] of cases) {
    const files = Object.fromEntries(names.map((name) => [name, Buffer.from('x')]));
    await expectRefused('archive.zip', zip(files), 'BAD_CHECKPOINT', pattern);
  }
});

test('a folder says which file in it may be meant', async () => {
  const path = join(folder, 'saved');
  mkdirSync(path);
  writeFileSync(join(path, 'model.safetensors'), '');
  assert.match(await messageOf(openCheckpoint(path), 'FILE_NOT_FOUND'), /a folder.*model\.safetensors/);
  writeFileSync(join(path, 'saved_model.pb'), '');
  assert.match(await messageOf(openCheckpoint(path), 'FILE_NOT_FOUND'), /TensorFlow's SavedModel/);
});

test.run();
