import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ModelFile, modelFolder, openCheckpoint, openModel } from '../../checkpoints/index.ts';
import { rejects } from '../rejects.ts';
import { safetensors } from './hostile-files.ts';

const test = suite('models named by folders');
const root = mkdtempSync(join(tmpdir(), 'model-folder-'));
test.after(() => rmSync(root, { recursive: true }));

/** A file with a number under each name. */
function weights(numbers: Readonly<Record<string, number>>, config?: object): Uint8Array {
  const names = Object.keys(numbers);
  const entries = names.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }]);
  const metadata = config && { __metadata__: { format: 'resnet-coco', config: JSON.stringify(config) } };
  const header = { ...metadata, ...Object.fromEntries(entries) };
  return safetensors(JSON.stringify(header), Buffer.from(Float32Array.from(Object.values(numbers)).buffer));
}

let made = 0;
function folderWith(files: Readonly<Record<string, Uint8Array | string | object>>): string {
  const folder = join(root, `${made++}`);
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    const isFile = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, name), isFile ? content : JSON.stringify(content));
  }
  return folder;
}

const numberIn = ({ checkpoint }: ModelFile, name: string): number =>
  new Float32Array(new Uint8Array(checkpoint.tensors.get(name)!.bytes()).buffer)[0];

async function opened(folder: string): Promise<{ model: ModelFile; notes: readonly string[] }> {
  const notes: string[] = [];
  const model = await openModel(folder, { onNote: (note) => notes.push(note) });
  return { model, notes };
}

test('safetensors come before a pickle, and the other is said not to be read', async () => {
  const folder = folderWith({
    'pytorch_model.bin': 'never opened',
    'model.safetensors': weights({ 'fc.weight': 3 }),
    'training_args.bin': 'never opened',
    'README.md': 'a card',
  });
  const { model, notes } = await opened(folder);
  assert.is(numberIn(model, 'fc.weight'), 3);
  assert.is(model.checkpoint.file, join(folder, 'model.safetensors'));
  assert.equal(notes, [`${folder}: reads model.safetensors, not pytorch_model.bin, training_args.bin`]);
  model.checkpoint.close();
});

test('the only weight file of a folder is meant, whatever its name', async () => {
  const { model, notes } = await opened(folderWith({ 'epoch-90.safetensors': weights({ 'fc.weight': 4 }) }));
  assert.is(numberIn(model, 'fc.weight'), 4);
  assert.equal(notes, []);
  model.checkpoint.close();
});

test('the folder of a run is its result; of an unfinished one a file is to be named', async () => {
  const run = { 'best.safetensors': weights({ a: 1 }), 'last.safetensors': weights({ a: 2 }) };
  await rejects(openModel(folderWith(run)), 'FILE_NOT_FOUND', /several weight files: best\.safetensors, last\./);
  const folder = folderWith({ ...run, 'model.safetensors': weights({ a: 3 }, { architecture: 'resnet20' }) });
  assert.is((await modelFolder(folder)).weights, join(folder, 'model.safetensors'));
  const { model } = await opened(folder);
  assert.equal(model.config, { architecture: 'resnet20' });
  model.checkpoint.close();
});

test('a folder without weights says what is in it', async () => {
  await rejects(openModel(folderWith({})), 'FILE_NOT_FOUND', /without weights.*it is empty/);
  const notes = folderWith({ 'config.json': '{}', 'notes.txt': '' });
  await rejects(
    openModel(notes),
    'FILE_NOT_FOUND',
    /without weights \(model\.safetensors.*has config\.json, notes\.txt/,
  );
});

test('shards are opened as one, with the prefix that the names of all have', async () => {
  const folder = folderWith({
    'model.safetensors.index.json': {
      metadata: { total_size: 12 },
      weight_map: {
        'module.fc.weight': 'model-00002-of-00002.safetensors',
        'module.conv1.weight': 'model-00001-of-00002.safetensors',
      },
    },
    'model-00001-of-00002.safetensors': weights({ 'module.conv1.weight': 1, 'module.extra': 9 }),
    'model-00002-of-00002.safetensors': weights({ 'module.fc.weight': 2 }),
  });
  for (const path of [folder, join(folder, 'model.safetensors.index.json')]) {
    const { model, notes } = await opened(path);
    assert.equal([...model.checkpoint.tensors.keys()].sort(), ['conv1.weight', 'fc.weight']);
    assert.is(numberIn(model, 'conv1.weight'), 1);
    assert.is(numberIn(model, 'fc.weight'), 2);
    assert.match(notes.join(), /not used: tensors that the index does not list \(1\)/);
    model.checkpoint.close();
  }
});

test('an index that leads out of its folder, or to what is not there, is refused', async () => {
  const index = 'model.safetensors.index.json';
  const cases: readonly (readonly [map: unknown, code: 'BAD_CHECKPOINT' | 'FILE_NOT_FOUND', message: RegExp])[] = [
    [{ a: '../x.safetensors' }, 'BAD_CHECKPOINT', /weight_map: "a": must be the name of a file.*\.\.\/x/],
    [{ a: index }, 'BAD_CHECKPOINT', /must be the name of a file/],
    [{ a: 3 }, 'BAD_CHECKPOINT', /must be the name of a file beside it, is 3/],
    [{}, 'BAD_CHECKPOINT', /not an index of weights: weight_map is an empty object/],
    [undefined, 'BAD_CHECKPOINT', /weight_map is undefined/],
    [{ a: 'gone.safetensors' }, 'FILE_NOT_FOUND', /gone\.safetensors: no such file/],
    [{ b: 'one.safetensors' }, 'BAD_CHECKPOINT', /one\.safetensors: lacks b, which .*index\.json says is in it/],
  ];
  for (const [weight_map, code, message] of cases) {
    const folder = folderWith({ [index]: { weight_map }, 'one.safetensors': weights({ a: 1 }) });
    await rejects(openCheckpoint(folder), code, message);
  }
  await rejects(openCheckpoint(folderWith({ [index]: '{' })), 'BAD_CONFIG', /index\.json: is not JSON/);
});

test('a config.json of this toolkit counts for the folder, one of nobody is said not to', async () => {
  const file = { 'detector.safetensors': weights({ a: 1 }) };
  const ours = await opened(folderWith({ ...file, 'config.json': { architecture: 'fasterrcnn', num_classes: 3 } }));
  assert.equal(ours.model.config, { architecture: 'fasterrcnn', num_classes: 3 });
  assert.match(ours.model.configFile!, /config\.json$/);
  ours.model.checkpoint.close();
  const others = await opened(folderWith({ ...file, 'config.json': { lr: 0.1 } }));
  assert.match(others.notes.join(), /config\.json: not used/);
  others.model.checkpoint.close();
});

test.run();
