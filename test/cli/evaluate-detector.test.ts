import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initialize } from '../../backbone/index.ts';
import { writeModel } from '../../checkpoints/write-model.ts';
import evaluateDetector from '../../cli/evaluate-detector.ts';
import { parseFlags } from '../../cli/terminal/flags.ts';
import { type CocoResult, convertDataset } from '../../datasets/index.ts';
import { detectorParameters, detectorSettings } from '../../detection/index.ts';
import { Random } from '../../io/random.ts';
import { paintedImages, smallHeads } from '../detection/training/painted-images.ts';
import { rejects } from '../rejects.ts';
import { record } from './fake-models.ts';

const test = suite('evaluate detector');
const root = mkdtempSync(join(tmpdir(), 'evaluate-detector-'));
test.after(() => rmSync(root, { recursive: true }));

const images = join(root, 'images');
const painted = await paintedImages(images, 6, 1);
const coco = join(root, 'instances.json');
writeFileSync(coco, JSON.stringify(painted.dataset));
const model = join(root, 'small.safetensors');
const { model: config } = detectorSettings(painted, {
  backbone: 'resnet18',
  minSize: [48],
  maxSize: 64,
  config: { ...smallHeads, box_score_thresh: 0.001 },
});
await writeModel(model, config, initialize(detectorParameters(config), new Random(3)));

let calls = 0;

/** Calls the command; what was detected is in its report. */
async function call(...args: readonly string[]) {
  const { terminal, stderr } = record();
  const report = join(root, `report${calls++}`);
  const all = [...args, '--model', model, '--threads', '1', '--report', report];
  const { flags, positionals } = parseFlags(evaluateDetector.flags, all);
  const signal = new AbortController().signal;
  const code = await evaluateDetector.run({ flags, positionals, terminal, signal });
  const detections = JSON.parse(readFileSync(join(report, 'detections.json'), 'utf8')) as CocoResult[];
  return { code, detections, stderr: stderr.text };
}

test('the same data as COCO, VOC and YOLO is detected in and measured alike', async () => {
  const expected = await call(images, '--annotations', coco);
  assert.is(expected.code, 0);
  assert.ok(expected.detections.length > 5);
  const [voc, yolo] = [join(root, 'voc'), join(root, 'yolo')];
  for (const [to, out] of [['voc', voc] as const, ['yolo', yolo] as const]) {
    await convertDataset({ annotations: coco, images, to, out, copyImages: true });
  }
  for (const args of [[voc], [join(yolo, 'data.yaml')], [coco, '--images', images]]) {
    const { code, detections } = await call(...args);
    assert.equal([code, detections], [0, expected.detections], args[0]);
  }
});

test('--split takes a part, whatever the case of folders; one that is not there names the file that would make it', async () => {
  const voc = join(root, 'lists');
  await convertDataset({ annotations: coco, images, to: 'voc', out: voc, copyImages: true });
  renameSync(join(voc, 'Annotations'), join(voc, 'annotations'));
  await rejects(call(voc, '--split', 'val'), 'FILE_NOT_FOUND', /ImageSets\/Main\/val\.txt: .*make this file/);
  mkdirSync(join(voc, 'ImageSets', 'Main'), { recursive: true });
  writeFileSync(join(voc, 'ImageSets', 'Main', 'val.txt'), '1\n2\n');
  const { code, detections, stderr } = await call(voc, '--split', 'val');
  assert.equal([code, stderr.replace(/^report: .*\n/m, '')], [0, '']);
  assert.equal([...new Set(detections.map(({ image_id }) => image_id))], [1, 2]);
});

test('a data set without its images is refused; what is wrong in it is told and exit code 1', async () => {
  const bare = join(root, 'bare', 'gt.json');
  mkdirSync(join(root, 'bare'));
  writeFileSync(bare, JSON.stringify(painted.dataset));
  await rejects(call(bare), 'BAD_DATASET', /none of its images was found; name their folder: --images DIR/);
  const voc = join(root, 'damaged');
  await convertDataset({ annotations: coco, images, to: 'voc', out: voc, copyImages: true });
  writeFileSync(join(voc, 'Annotations', '2.xml'), '<annotation>');
  const { code, stderr } = await call(voc);
  assert.is(code, 1);
  assert.match(stderr, /2\.xml/);
});

test.run();
