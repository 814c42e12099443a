import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isReadable } from '../../checkpoints/dialects/dialect.ts';
import { dialects, readableDialect } from '../../checkpoints/dialects/table.ts';
import { openModel, refuseDialect } from '../../checkpoints/index.ts';
import { commonPrefix } from '../../checkpoints/prefix.ts';
import { imagenetClasses } from '../../datasets/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { safetensors } from './hostile-files.ts';

const test = suite('dialects of tensor names');
const folder = mkdtempSync(join(tmpdir(), 'dialects-'));
test.after(() => rmSync(folder, { recursive: true }));

const shapesOf = (names: readonly string[]) => new Map(names.map((name) => [name, [1]]));

function fileOf(names: readonly string[]): string {
  const header = names.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }]);
  const numbers = Buffer.from(Float32Array.from(names, (_, i) => i).buffer);
  const file = join(folder, 'model.safetensors');
  writeFileSync(file, safetensors(JSON.stringify(Object.fromEntries(header)), numbers));
  return file;
}

const readable = dialects.filter(isReadable);
const nameOf = (names: readonly string[]) => readableDialect(shapesOf(names))?.name;

const dialectOf = (network: RegExp) => readable.find(({ name }) => network.test(name))!;

test('the table names every dialect once, and reads seven of them', () => {
  assert.is(new Set(dialects.map(({ name }) => name)).size, dialects.length);
  assert.equal(
    readable.map(({ name }) => name),
    [
      ...['a ResNet, R-CNN or RetinaNet of Detectron2', 'a detector of MMDetection'],
      'a ResNet of MMPretrain',
      ...["a ResNet of Hugging Face's transformers", 'a ResNet of timm'],
      ...['a ResNet, R-CNN or RetinaNet of torchvision', 'a CIFAR ResNet of akamaster'],
    ],
  );
});

test('a dialect is told by its head, or by the stem of a body without one', () => {
  assert.match(nameOf(['conv1.weight', 'layer1.0.conv1.weight', 'fc.weight'])!, /torchvision/);
  assert.match(nameOf(['backbone.body.conv1.weight'])!, /torchvision/);
  assert.match(nameOf(['conv1.weight', 'layer1.0.conv1.weight', 'linear.weight'])!, /akamaster/);
  assert.match(nameOf(['conv1.0.weight', 'conv1.3.weight', 'bn1.weight', 'layer1.0.conv1.weight'])!, /timm/);
  assert.match(nameOf(['conv1.weight', 'layer1.0.conv1.weight', 'layer1.0.se.fc1.weight', 'fc.weight'])!, /timm/);
  assert.match(nameOf(['conv1.weight', 'layer1.0.conv1.weight', 'layer1.0.se.conv.weight', 'fc.weight'])!, /timm/);
  assert.is(nameOf(['conv1.weight', 'layer1.0.conv1.weight']), undefined);
  assert.match(readableDialect(new Map([['conv1.weight', [64, 3, 7, 7]]]))!.name, /torchvision/);
  assert.match(readableDialect(new Map([['conv1.weight', [16, 3, 3, 3]]]))!.name, /akamaster/);
});

test('a dialect says the stem, and the classes of the data set where the head has as many', () => {
  const [torchvision, akamaster] = [dialectOf(/of torchvision/), dialectOf(/akamaster/)];
  const head = (name: string, classes: number) => new Map([[name, [classes, 64]]]);
  assert.equal(torchvision.config!(head('fc.weight', 1000)), { stem: 'imagenet', categories: imagenetClasses });
  assert.equal(torchvision.config!(head('fc.weight', 12)), { stem: 'imagenet' });
  assert.is(akamaster.config!(head('linear.weight', 10)).categories?.[9].name, 'truck');
  assert.equal(akamaster.config!(head('linear.weight', 100)), { stem: 'cifar' });
});

test('the heads of a RetinaNet of former files had their ReLUs numbered, too', () => {
  const { rename } = dialectOf(/of torchvision/);
  for (const [before, now] of [
    ['head.classification_head.conv.0.weight', 'head.classification_head.conv.0.0.weight'],
    ['head.regression_head.conv.6.bias', 'head.regression_head.conv.3.0.bias'],
    ['head.regression_head.conv.2.0.weight', 'head.regression_head.conv.2.0.weight'],
    ['head.classification_head.conv.3.1.bias', 'head.classification_head.conv.3.1.bias'],
    ['head.classification_head.cls_logits.weight', 'head.classification_head.cls_logits.weight'],
  ]) {
    assert.is(rename!(before), now);
  }
  assert.match(nameOf(['head.classification_head.cls_logits.weight'])!, /RetinaNet/);
});

test('a model that is opened has the names of here, with the numbers that the file has under its own', async () => {
  const names = ['rpn.head.conv.weight', 'backbone.fpn.inner_blocks.2.bias', 'rpn.head.cls_logits.weight'];
  const { checkpoint, dialect } = await openModel(fileOf(names));
  try {
    assert.match(dialect!.name, /torchvision/);
    const numbers = [...checkpoint.tensors].map(([name, tensor]) => [
      name,
      new Float32Array(new Uint8Array(tensor.bytes()).buffer)[0],
    ]);
    assert.equal(numbers, [
      ['rpn.head.conv.0.0.weight', 0],
      ['backbone.fpn.inner_blocks.2.0.bias', 1],
      ['rpn.head.cls_logits.weight', 2],
    ]);
  } finally {
    checkpoint.close();
  }
});

test('one tensor under two names is refused, with both', async () => {
  const file = fileOf(['rpn.head.conv.0.0.weight', 'rpn.head.conv.weight']);
  try {
    await openModel(file);
  } catch (error) {
    const { code, message } = error as ResnetCocoError;
    assert.is(code, 'BAD_MODEL');
    assert.ok(message.startsWith(`${file}: has rpn.head.conv.0.0.weight under two names`), message);
    assert.match(message, /one of them rpn\.head\.conv\.weight/);
    return;
  }
  assert.unreachable('it was opened');
});

test('what is told but not read is refused by the names in the file, wrappers and all', () => {
  const names = ['module.maxpool.0.weight', 'module.maxpool.1.weight', 'module.fc.weight'];
  assert.throws(
    () => refuseDialect(shapesOf(names), 'x.pth'),
    /x\.pth: looks like timm's.*\(module\.maxpool\.0\.weight, module\.maxpool\.1\.weight\), which is not read/,
  );
  refuseDialect(shapesOf(['conv1.weight', 'fc.weight']), 'x.pth');
});

test('a wrapper is what stands before the first part of a name of a dialect that is read', () => {
  assert.is(commonPrefix(['model.layer1.0.conv1.weight', 'model.fc.weight']), 'model.');
  assert.is(commonPrefix(['net.backbone.body.conv1.weight', 'net.roi_heads.x.weight']), 'net.');
  assert.is(commonPrefix(['encoder.linear.weight', 'encoder.layer1.0.conv1.weight']), 'encoder.');
  // Not one of ours: `fcx` is no first part, nor is a name without a dot.
  assert.is(commonPrefix(['model.fcx', 'model.fc']), '');
  assert.is(commonPrefix(['module.blocks.0.weight', 'module.blocks.1.weight']), 'module.');
});

test.run();
