import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint, openModel } from '../../checkpoints/index.ts';
import { findStateDict } from '../../checkpoints/state-dict.ts';
import { loadClassifier, loadDetector, ResnetCocoError } from '../../index.ts';
import { fixturesDir } from '../shared-data.ts';
import { refused, safetensors, zip } from './hostile-files.ts';

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

test('pickles of Detectron2 are read in protocols of Python 2 and 3', async () => {
  for (const protocol of [2, 4]) {
    const checkpoint = await openCheckpoint(fixture(`detectron2-${protocol}.pkl`));
    assert.is(checkpoint.tensors.size, 62);
    assert.equal(checkpoint.beside, ['__author__', 'matching_heuristics']);
    const { bytes, dtype, shape } = checkpoint.tensors.get('backbone.bottom_up.stem.conv1.weight')!;
    assert.equal({ dtype, shape, bytes: bytes() }, { dtype: 'F32', shape: [2], bytes: new Uint8Array(8) });
    checkpoint.close();
  }
});

test("MMDetection's are read with what its message hub holds; Ultralytics' are called so", async () => {
  const { checkpoint, dialect } = await openModel(fixture('mmdetection.pth'));
  checkpoint.close();
  assert.is(dialect!.name, 'a detector of MMDetection');
  assert.equal(checkpoint.beside, ['meta', 'message_hub']);
  for (const file of ['ultralytics.pt', 'ultralytics-legacy.pt']) {
    const yolo = await messageOf(openCheckpoint(fixture(file)), 'UNSAFE_CHECKPOINT');
    assert.match(yolo, /YOLO of Ultralytics.*nothing was run/);
    assert.match(yolo, /Its tensors: model\.0\.conv\.weight, model\.0\.bn\.weight, model\.0\.bn\.bias …$/);
  }
});

test("what OpenMMLab's runs leave beside the weights is data: classes are read, objects are passed over", async () => {
  const { checkpoint, dialect } = await openModel(fixture('mmengine.pth'));
  checkpoint.close();
  assert.is(dialect!.name, 'a detector of MMDetection');
  assert.equal(checkpoint.beside, ['meta', 'message_hub', 'param_schedulers']);
  const { entries } = await openCheckpoint(fixture('mmengine.pth'));
  const meta = entries!.get('meta') as ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  assert.equal(meta.get('dataset_meta')!.get('CLASSES'), ['cat', 'dog']);
});

test('names that are like those of data, and calls beside data, are refused', async () => {
  const names = [
    ...['builtins getattr', '__builtin__ getattr', 'builtins setattr', 'operator attrgetter', 'operator methodcaller'],
    ...[
      'mmengine.config.config exec',
      'mmengine.config.config Config.fromfile',
      'mmengine.config.config import_module',
    ],
    ...['mmengine.registry build_from_cfg', 'mmengine.logging.history_buffer HistoryBuffer.mean', 'functools partial'],
    ...['pathlib os', 'pathlib Path.unlink', 'datetime sys', 'argparse _sys', 'numpy.core.multiarray fromfile'],
    ...['numpy memmap', 'numpy.testing runstring', 'collections namedtuple', 'copyreg _reconstructor', 'uuid os'],
  ];
  for (const name of names) {
    const called = `\x80\x02}q\x00(X\x04\x00\x00\x00metac${name.replace(' ', '\n')}\n(tRu.`;
    const content = zip({ 'archive/data.pkl': Buffer.from(called, 'latin1') });
    await expectRefused('call.pth', content, 'UNSAFE_CHECKPOINT', new RegExp(name.split(' ')[0]));
  }
  // An object of data whose class is called with what is no data.
  const inner =
    '\x80\x02}q\x00(X\x04\x00\x00\x00metacmmengine.config.config\nConfigDict\n(cos\nsystem\nX\x01\x00\x00\x00xtRtRu.';
  await expectRefused(
    'inner.pth',
    zip({ 'archive/data.pkl': Buffer.from(inner, 'latin1') }),
    'UNSAFE_CHECKPOINT',
    /os\.system/,
  );
});

test("Lightning's objects of settings and callbacks are no obstacle, and all entries are said", async () => {
  const notes: string[] = [];
  const { checkpoint } = await openModel(fixture('lightning.ckpt'), { onNote: (note) => notes.push(note) });
  checkpoint.close();
  assert.equal([...checkpoint.tensors.keys()], ['layer1.0.conv1.weight', 'layer1.1.conv1.weight']);
  assert.match(notes[0], /'model\.'.*epoch, optimizer_states \(2 tensors\), callbacks \(1 tensor\), hyper_parameters/);
});

/** What frameworks call a few of a network's tensors, and what the network is to be called. */
const NAMES: readonly (readonly [what: RegExp, names: readonly string[]])[] = [
  [
    /RetinaNet of Detectron2 with the heads of a Cascade R-CNN.*\(roi_heads\.box_head\.0\.fc1\.weight\)/,
    ['backbone.fpn_lateral2.weight', 'backbone.bottom_up.stem.conv1.weight', 'roi_heads.box_head.0.fc1.weight'],
  ],
  [/of Detectron2 with group norm/, ['roi_heads.box_head.fc1.weight', 'backbone.bottom_up.stem.conv1.norm.weight']],
  [/heads of Detectron for Caffe2/, ['conv1_w', 'res2_0_branch2a_w', 'conv_rpn_fpn2_w']],
  [/maskrcnn-benchmark/, ['module.backbone.body.stem.conv1.weight', 'module.backbone.fpn.fpn_inner1.weight']],
  [
    /RegNet or another relative of ResNet of Hugging Face/,
    [
      'regnet.embedder.embedder.convolution.weight',
      'regnet.embedder.embedder.normalization.running_mean',
      'regnet.encoder.stages.0.layers.0.shortcut.convolution.weight',
      'classifier.1.weight',
    ],
  ],
  [/RegNet or another relative of ResNet of Hugging Face/, ['embedder.embedder.convolution.weight']],
  [
    /DETR of transformers/,
    [
      'model.backbone.conv_encoder.model.conv1.weight',
      'model.encoder.layers.0.self_attn.k_proj.weight',
      'class_labels_classifier.weight',
    ],
  ],
  [/vision transformer or ConvNeXt of Hugging Face/, ['vit.embeddings.cls_token', 'classifier.weight']],
  [/MMDetection with heads one after another/, ['backbone.conv1.weight', 'roi_head.bbox_head.0.fc_cls.weight']],
  [
    /detector of MMDetection other than/,
    ['backbone.conv1.weight', 'neck.lateral_convs.0.conv.weight', 'bbox_head.conv_cls.weight'],
  ],
  [/MMPretrain/, ['backbone.conv1.conv.weight', 'backbone.conv1.bn.weight', 'head.fc.weight', 'head.fc.bias']],
  [
    /ResNet of pre-activated blocks/,
    ['stem.conv.weight', 'stages.0.blocks.0.norm1.weight', 'stages.0.blocks.0.conv1.weight', 'head.fc.weight'],
  ],
  [
    /named blocks, such as resnet33ts/,
    [
      'stem.conv1.conv.weight',
      'stages.0.0.conv1_1x1.conv.weight',
      'stages.0.0.attn.mlp_add.norm.weight',
      'head.fc.bias',
    ],
  ],
  [/ResNet without norms/, ['stem.conv.gain', 'stages.0.0.conv1.gain', 'stages.0.0.conv1.weight', 'head.fc.weight']],
  [
    /ResNet with group norm \(GN\) \(bn1\.weight, /,
    ['conv1.weight', 'bn1.weight', 'layer1.0.bn1.weight', 'layer1.0.conv1.weight', 'fc.weight'],
  ],
  [/torch pruned/, ['conv1.weight_orig', 'conv1.weight_mask', 'bn1.weight', 'bn1.running_mean', 'fc.weight']],
  [
    /timm's ResNet-RS/,
    ['conv1.0.weight', 'conv1.6.weight', 'maxpool.0.weight', 'bn1.weight', 'layer1.0.conv1.weight', 'fc.weight'],
  ],
  [
    /timm's blur pooling/,
    ['module.conv1.0.weight', 'module.layer1.0.conv1.weight', 'module.layer2.0.aa.filt', 'module.fc.weight'],
  ],
  [/another attention/, ['conv1.weight', 'layer1.0.conv1.weight', 'layer1.0.se_module.fc1.weight', 'fc.weight']],
  [/another attention/, ['conv1.weight', 'layer1.0.conv1.weight', 'layer1.0.se.fc.0.weight', 'fc.weight']],
  [
    /a DETR \(/,
    [
      'transformer.encoder.layers.0.self_attn.in_proj_weight',
      'backbone.0.body.conv1.weight',
      'class_embed.weight',
      'query_embed.weight',
    ],
  ],
  [/YOLO of Ultralytics/, ['model.0.conv.weight', 'model.0.bn.weight', 'model.2.cv1.conv.weight']],
  [/YOLO of Ultralytics/, ['model.model.0.conv.weight', 'model.model.22.dfl.conv.weight']],
  [/YOLOX/, ['backbone.backbone.stem.conv.conv.weight', 'head.cls_convs.0.0.conv.weight']],
  [/YOLO in Darknet's order/, ['module_list.0.conv_0.weight', 'module_list.0.batch_norm_0.weight']],
  [/EfficientDet/, ['backbone.conv_stem.weight', 'class_net.conv_rep.0.conv_dw.weight']],
  [/an SSD/, ['vgg.0.weight', 'loc.0.weight']],
  [/RetinaNet, FCOS or SSD/, ['backbone.body.conv1.weight', 'head.classification_head.cls_logits.weight']],
  [/segmentation_models_pytorch/, ['encoder.conv1.weight', 'decoder.blocks.0.conv1.0.weight']],
];

/** A file with tensors of one number. */
function namesOnly(name: string, names: readonly string[]): string {
  const header = names.map((tensor, i) => [tensor, { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }]);
  const path = join(folder, name);
  writeFileSync(path, safetensors(JSON.stringify(Object.fromEntries(header)), Buffer.alloc(4 * names.length)));
  return path;
}

test('networks of other frameworks are called by name, with tensors that tell, as detector and as classifier', async () => {
  for (const [what, names] of NAMES) {
    const path = namesOnly('foreign.safetensors', names);
    for (const load of [loadDetector, loadClassifier]) {
      const message = await messageOf(load(path), 'BAD_MODEL');
      assert.match(message, what);
      assert.ok(
        names.some((name) => message.includes(name.replace(/^module\.(backbone\.)?/, ''))),
        message,
      );
      assert.match(message, /what loads are ResNets/);
    }
  }
});

test('of a network that nobody knows three names are said, weights first, and what loads', async () => {
  const path = namesOnly('unknown.safetensors', [
    'a.num_batches_tracked',
    'base_layer.0.weight',
    'level0.weight',
    'x.bias',
  ]);
  const message = await messageOf(loadClassifier(path), 'BAD_MODEL');
  assert.match(
    message,
    /it has base_layer\.0\.weight, level0\.weight, x\.bias and 1 more; what loads are .*transformers/,
  );
});

test("a file named as timm's networks whose poolings blur is refused, unless the architecture is named", async () => {
  for (const network of ['resnetblur18', 'resnetaa34d', 'seresnextaa101d_32x8d']) {
    const path = namesOnly(`${network}-84f4748f.safetensors`, ['conv1.weight', 'layer1.0.conv1.weight', 'fc.weight']);
    const message = await messageOf(loadClassifier(path), 'BAD_MODEL');
    assert.ok(message.includes(`by its name, a ${network}`), message);
    assert.match(await messageOf(loadClassifier(path, { arch: 'resnet18' }), 'BAD_MODEL'), /not a ResNet classifier/);
  }
});

test('a head that is a layer of a sequence is the head; wrappers of single layers are left out', async () => {
  const path = namesOnly('sequence.safetensors', [
    'model.fc.1.weight',
    'model.layer1._orig_mod.0.conv1.weight',
    'model.layer1.0._checkpoint_wrapped_module.bn1.weight',
  ]);
  const { checkpoint } = await openModel(path);
  checkpoint.close();
  assert.equal([...checkpoint.tensors.keys()], ['fc.weight', 'layer1.0.conv1.weight', 'layer1.0.bn1.weight']);
});

test('weights under a key that nobody knows are found where they are the only ones', () => {
  const isTensor = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
  const network = () => new Map([['conv1.weight', new Uint8Array(1)]]);
  const optimizer = new Map([['exp_avg', new Uint8Array(1)]]);
  const find = (entries: readonly (readonly [string, unknown])[]) => findStateDict(new Map(entries) as never, isTensor);
  const one = find([
    ['best_weights_so_far', network()],
    ['momentum', optimizer],
  ]);
  assert.equal([...one!.tensors.keys()], ['conv1.weight']);
  assert.equal(one!.beside, ['momentum (1 tensor)']);
  assert.is(
    find([
      ['generator', network()],
      ['discriminator', network()],
    ]),
    undefined,
  );
  assert.is(find([['momentum', optimizer]]), undefined);
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

test('a folder of another framework is called so', async () => {
  const path = join(folder, 'saved');
  mkdirSync(path);
  writeFileSync(join(path, 'model.onnx'), '');
  assert.match(await messageOf(openCheckpoint(path), 'FILE_NOT_FOUND'), /a folder with model\.onnx: an ONNX model/);
  writeFileSync(join(path, 'saved_model.pb'), '');
  assert.match(await messageOf(openCheckpoint(path), 'FILE_NOT_FOUND'), /TensorFlow's SavedModel/);
});

test.run();
