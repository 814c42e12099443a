import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint, openModel, type StoredTensor, toFloat32, writeSafetensors } from '../../checkpoints/index.ts';
import { loadClassifier } from '../../index.ts';
import { waveCheckpoint } from '../wave-models.ts';

const test = suite('one network of several');
const folder = mkdtempSync(join(tmpdir(), 'one-of-several-'));
test.after(() => rmSync(folder, { recursive: true }));

type Tensors = ReadonlyMap<string, StoredTensor>;

const { tensors: small } = waveCheckpoint({ architecture: 'resnet8', num_classes: 3 });
const body = new Map([...small].filter(([name]) => !name.startsWith('linear')));
const { tensors: resnet18 } = waveCheckpoint({ architecture: 'resnet18', num_classes: 5 });

const below = (prefix: string, tensors: Tensors, add = 0): [string, StoredTensor][] =>
  [...tensors].map(([name, tensor]) => [prefix + name, add ? plus(tensor, add) : tensor]);

const plus = (tensor: StoredTensor, add: number): StoredTensor => ({
  ...tensor,
  bytes: () => new Uint8Array(toFloat32(tensor).map((value) => value + add).buffer),
});

const others = (...names: string[]): [string, StoredTensor][] =>
  names.map((name) => [name, { dtype: 'F32', shape: [4], bytes: () => new Uint8Array(16) }]);

/** What is read of a file with these tensors: their names, the first number of the stem, and the note. */
async function read(...tensors: readonly (readonly [string, StoredTensor])[][]) {
  const file = join(folder, 'model.safetensors');
  await writeSafetensors(file, new Map(tensors.flat()));
  const notes: string[] = [];
  const { checkpoint } = await openModel(file, { onNote: (note) => notes.push(note) });
  const stem = checkpoint.tensors.get('conv1.weight');
  const first = stem ? toFloat32(stem)[0] : undefined;
  checkpoint.close();
  return { names: [...checkpoint.tensors.keys()].sort(), first, note: notes.join('\n') };
}

const stemOf = (tensors: Tensors, add = 0) => Math.fround(toFloat32(tensors.get('conv1.weight')!)[0] + add);

test("DINO: the teacher's body is read, and its head and the student are said", async () => {
  const { first, names, note } = await read(
    below('student.backbone.', body),
    others('student.head.mlp.0.weight'),
    below('teacher.backbone.', body, 1),
    others('teacher.head.mlp.0.weight', 'teacher.head.last_layer.weight_g', 'dino_loss.center'),
  );
  assert.equal(names, [...body.keys()].sort());
  assert.is(first, stemOf(body, 1));
  assert.match(note, /reads the network under 'teacher\.backbone\.'/);
  assert.match(note, new RegExp(`student \\(${body.size + 1} tensors, a network, too: to use it, store its`));
  assert.match(note, /teacher\.head \(2 tensors\)/);
  assert.match(note, /dino_loss \(1 tensor\)/);
  const alone = await read(below('backbone.', body), others('head.mlp.0.weight', 'head.mlp.0.bias'));
  assert.equal(alone.names, names);
  assert.match(alone.note, /'backbone\.'.*head \(2 tensors\)/);
});

test("MoCo: the encoder of queries is read without its projection, whether a layer or two, also under DDP's prefix", async () => {
  for (const head of [
    ['fc.weight', 'fc.bias'],
    ['fc.0.weight', 'fc.2.weight', 'fc.2.bias'],
  ]) {
    const bare = new Map([...resnet18].filter(([name]) => !name.startsWith('fc.')));
    const { first, names, note } = await read(
      below('module.encoder_k.', bare, 1),
      below('module.encoder_q.', bare),
      others(...head.flatMap((name) => [`module.encoder_q.${name}`, `module.encoder_k.${name}`])),
      others('module.queue', 'module.queue_ptr'),
    );
    assert.equal(names, [...bare.keys()].sort());
    assert.is(first, stemOf(resnet18));
    assert.match(note, /reads the network under 'module\.encoder_q\.'/);
    assert.match(note, new RegExp(`encoder_q\\.fc \\(${head.length} tensors\\)`));
    assert.match(note, /encoder_k \(\d+ tensors, a network, too.*queue \(1 tensor\), queue_ptr \(1 tensor\)/);
  }
});

test('BYOL and averages: the online network and the raw weights are read before targets and moving averages', async () => {
  const byol = await read(
    below('online_encoder.net.', small),
    others('online_encoder.projector.0.weight', 'online_predictor.0.weight'),
    below('target_encoder.net.', small, 1),
  );
  assert.is(byol.first, stemOf(small));
  assert.match(byol.note, /'online_encoder\.net\.'.*online_encoder\.projector.*online_predictor.*target_encoder/);
  const averaged = await read(below('ema.', small, 1), below('model.', small), others('teacher_queue.weight'));
  assert.is(averaged.first, stemOf(small));
  assert.match(averaged.note, /ema \(\d+ tensors/);
});

test('SwAV and Lightning: what follows the network, and a loss, do not hinder it', async () => {
  const bare = new Map([...resnet18].filter(([name]) => !name.startsWith('fc.')));
  const swav = await read(
    below('module.', bare),
    others('module.projection_head.0.weight', 'module.projection_head.3.bias', 'module.prototypes.weight'),
  );
  assert.match(swav.note, /'module\.'.*projection_head \(2 tensors\), prototypes \(1 tensor\)/);
  const file = join(folder, 'lightning.safetensors');
  await writeSafetensors(file, new Map([...below('model.', small), ...others('criterion.weight', 'margin.centers')]));
  const notes: string[] = [];
  const classifier = await loadClassifier(file, { threads: 1, onNote: (note) => notes.push(note) });
  assert.is(classifier.config.num_classes, 3);
  await classifier.dispose();
  assert.match(`${notes}`, /reads the network under 'model\.'.*criterion \(1 tensor\), margin \(1 tensor\)/);
});

test('of two networks that nothing tells apart none is taken; both are said', async () => {
  const file = join(folder, 'two.safetensors');
  await writeSafetensors(file, new Map([...below('left.', small), ...below('right.', small)]));
  const checkpoint = await openCheckpoint(file);
  assert.is(checkpoint.tensors.size, 2 * small.size);
  checkpoint.close();
  await loadClassifier(file).then(
    () => assert.unreachable('it loaded'),
    (error: Error) => assert.match(error.message, /networks under 'left\.' and 'right\.'.*store one of them alone/),
  );
});

test("MMPretrain's ResNets load as classifiers", async () => {
  const tensors = [...resnet18].map(([name, tensor]): [string, StoredTensor] => [
    name.startsWith('fc.') ? `head.${name}` : `backbone.${name}`,
    tensor,
  ]);
  const { first, names } = await read(tensors);
  assert.equal(names, [...resnet18.keys()].sort());
  assert.is(first, stemOf(resnet18));
  const deep = tensors.map(([name, tensor]): [string, StoredTensor] => [
    name.replace('backbone.conv1.', 'backbone.stem.0.'),
    tensor,
  ]);
  await read(deep).then(
    () => assert.unreachable('it loaded'),
    (error: Error) => assert.match(error.message, /MMPretrain with a deep stem.*backbone\.stem\.0\.weight/),
  );
});

test.run();
