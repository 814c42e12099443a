/** The kinds of input: how one is made of a seed, and the functions of the library that it is fed to. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { openCheckpoint, toFloat32 } from '../../backbone/weights/index.ts';
import { unpackFolder } from '../../datasets/download/unpack.ts';
import {
  type CocoDataset,
  encodeImage,
  type ImageFormat,
  type Random,
  readDetectionDataset,
  readImage,
  readImageSize,
  summarizeDetection,
} from '../../datasets/index.ts';
import { loadDetector } from '../../detection/index.ts';
import { modelInfo } from '../../detection/model-info.ts';
import { COCO, COCOeval } from '../../eval/index.ts';
import { safetensors, zip } from '../../test/backbone/weights/hostile-files.ts';
import { writeSmallDetector } from '../../test/server/small-models.ts';
import { fixturesDir } from '../../test/shared-data.ts';
import { mutateBytes, mutateJson, mutateText, pick } from './mutate.ts';

/** Makes an input in an empty folder and reads it. What it throws is what the library throws. */
type Kind = (random: Random, folder: string) => Promise<void>;

/** Small files of the fixtures, by their endings. */
function seeds(folder: string, ...endings: string[]): Buffer[] {
  const path = join(fixturesDir, folder);
  const names = readdirSync(path).filter((name) => endings.includes(extname(name)));
  return names.map((name) => readFileSync(join(path, name))).filter(({ length }) => length < 100_000);
}

function write(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};

/** Settles both, then throws what either threw: a reader must not hide another's fault. */
async function all(...works: (() => unknown)[]): Promise<void> {
  const thrown: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      thrown.push(error);
    }
  }
  const foreign = thrown.find(
    (error) => !(error as { code?: string }).code || (error as Error).name !== 'ResnetCocoError',
  );
  if (thrown.length) throw foreign ?? thrown[0];
}

const picture = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) >> 4),
});

function image(format: ImageFormat, ...endings: string[]): Kind {
  const sources = once(async () => [
    ...seeds('images', ...endings),
    Buffer.from(await encodeImage(picture(37, 21), format)),
  ]);
  return async (random, folder) => {
    const seed = pick(random, await sources());
    const bytes = mutateBytes(random, seed);
    // Half of the pictures have checksums that fit, so that what is behind them is looked at.
    const mended = format === 'png' && random.uniform() < 0.5 ? mendPng(bytes) : bytes;
    const file = write(folder, `image.${format}`, mended);
    await all(
      () => readImage(file),
      () => readImageSize(file),
    );
  };
}

/** Corrects the checksums of a PNG's chunks, as far as its chunks go. */
function mendPng(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}

async function readWeightFile(file: string): Promise<void> {
  const checkpoint = await openCheckpoint(file);
  try {
    for (const tensor of checkpoint.tensors.values()) toFloat32(tensor);
  } finally {
    checkpoint.close();
  }
}

const checkpoints = once(() => seeds('checkpoints', '.pth', '.pt', '.th', '.tar'));
const pth: Kind = async (random, folder) => {
  const file = write(folder, 'model.pth', mutateBytes(random, pick(random, checkpoints())));
  await all(
    () => readWeightFile(file),
    () => modelInfo(file),
  );
};

const header = {
  __metadata__: { format: 'pt' },
  'conv1.weight': { dtype: 'F32', shape: [2, 3, 1, 1], data_offsets: [0, 24] },
  'fc.bias': { dtype: 'F16', shape: [4], data_offsets: [24, 32] },
};
const safetensorsFile: Kind = async (random, folder) => {
  const whole = safetensors(JSON.stringify(header), Buffer.alloc(32, 60));
  const isStructured = random.uniform() < 0.6;
  const changed = isStructured
    ? safetensors(JSON.stringify(mutateJson(random, header)), Buffer.alloc(32, 60))
    : mutateBytes(random, whole);
  const file = write(folder, 'model.safetensors', changed);
  await all(
    () => readWeightFile(file),
    () => modelInfo(file),
  );
};

const coco: CocoDataset = {
  images: [
    { id: 1, file_name: 'a.jpg', width: 40, height: 30 },
    { id: 2, file_name: 'b.jpg', width: 20, height: 50 },
  ],
  categories: [
    { id: 1, name: 'cat' },
    { id: 7, name: 'dog' },
  ],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 1,
      bbox: [1, 2, 10, 12],
      area: 120,
      iscrowd: 0,
      segmentation: [[1, 2, 11, 2, 11, 14, 1, 14]],
    },
    {
      id: 2,
      image_id: 2,
      category_id: 7,
      bbox: [3, 4, 8, 9],
      area: 72,
      iscrowd: 1,
      segmentation: { size: [50, 20], counts: [100, 50, 850] },
    },
    {
      id: 3,
      image_id: 1,
      category_id: 7,
      bbox: [5, 5, 9, 9],
      area: 81,
      iscrowd: 0,
      segmentation: [[5, 5, 14, 5, 14, 14]],
      keypoints: [6, 6, 2, 8, 8, 1],
      num_keypoints: 2,
    },
  ] as never,
};
const results = [
  { image_id: 1, category_id: 1, bbox: [1, 2, 10, 11], score: 0.9 },
  { image_id: 2, category_id: 7, bbox: [3, 4, 8, 8], score: 0.5, segmentation: { size: [50, 20], counts: 'T34O' } },
  { image_id: 1, category_id: 7, segmentation: { size: [30, 40], counts: [100, 50, 1050] }, score: 0.4 },
  { image_id: 2, category_id: 1, segmentation: { size: [50, 20], counts: [10, 5, 985] }, score: 0.3 },
];

/** JSON as text: mutated as a value, or as text. */
const jsonText = (random: Random, value: unknown): Buffer =>
  random.uniform() < 0.75
    ? Buffer.from(JSON.stringify(mutateJson(random, value)))
    : mutateText(random, JSON.stringify(value, null, 1));

async function evaluate(gt: COCO, source: string, type: 'bbox' | 'segm'): Promise<void> {
  const evaluation = new COCOeval(gt, gt.loadRes(source), type);
  evaluation.evaluate();
  evaluation.accumulate();
}

const annotations: Kind = async (random, folder) => {
  const file = write(folder, 'instances.json', jsonText(random, coco));
  const detections = write(folder, 'results.json', JSON.stringify(results.slice(0, 1)));
  await all(
    async () => summarizeDetection((await readDetectionDataset({ annotations: file, strict: false })).dataset),
    () => readDetectionDataset({ annotations: file }),
    async () => {
      const gt = await COCO.load(file);
      for (const id of gt.getAnnIds()) gt.annToMask(gt.loadAnns([id])[0]);
    },
    async () => evaluate(await COCO.load(file), detections, 'bbox'),
  );
};

const detections: Kind = async (random, folder) => {
  const gt = await COCO.load(write(folder, 'instances.json', JSON.stringify(coco)));
  const type = pick(random, ['bbox', 'segm'] as const);
  const some = type === 'bbox' ? results.slice(0, 2) : results.slice(2);
  await evaluate(gt, write(folder, 'results.json', jsonText(random, some)), type);
};

const dataYaml = 'path: .\ntrain: images/train\nval: images/val.txt\nnc: 2\nnames:\n  0: cat\n  1: dog\n';
const yolo: Kind = async (random, folder) => {
  for (const name of ['images/train', 'labels/train']) mkdirSync(join(folder, name), { recursive: true });
  const files: Record<string, string> = {
    'data.yaml': dataYaml,
    'images/val.txt': 'images/train/a.png\n./train/a.png\n',
    'labels/train/a.txt': '0 .5 .5 .25 .25\n1 .1 .1 .9 .1 .9 .9 .1 .9\n',
  };
  write(folder, 'images/train/a.png', await smallPng());
  const changed = pick(random, ['data.yaml', 'data.yaml', ...Object.keys(files)]);
  for (const [name, text] of Object.entries(files))
    write(folder, name, name === changed ? mutateText(random, text) : text);
  await readEitherWay(join(folder, 'data.yaml'));
};
const smallPng = once(() => encodeImage(picture(8, 6), 'png'));

const readEitherWay = (path: string): Promise<void> =>
  all(
    async () => summarizeDetection((await readDetectionDataset({ annotations: path, strict: false })).dataset),
    () => readDetectionDataset({ annotations: path }),
  );

const vocXml = `<?xml version="1.0" encoding="UTF-8"?>
<annotation><filename>a.png</filename><size><width>8</width><height>6</height><depth>3</depth></size>
<object><name>cat</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></object>
<object><name>dog</name><bndbox><xmin>2.5</xmin><ymin>2</ymin><xmax>8</xmax><ymax>4</ymax></bndbox></object>
</annotation>`;
const voc: Kind = async (random, folder) => {
  for (const name of ['Annotations', 'JPEGImages', 'ImageSets/Main'])
    mkdirSync(join(folder, name), { recursive: true });
  write(folder, 'JPEGImages/a.png', await smallPng());
  const isList = random.uniform() < 0.1;
  write(folder, 'ImageSets/Main/train.txt', isList ? mutateText(random, 'a\nb 1\n') : 'a\n');
  write(folder, 'Annotations/a.xml', isList ? vocXml : mutateText(random, vocXml));
  await all(
    () => readEitherWay(folder),
    () => readDetectionDataset({ annotations: folder, split: 'train', strict: false }),
  );
};

const content = {
  'top/a.txt': Buffer.from('a'),
  'top/deep/b.bin': Buffer.alloc(3000, 'content '),
  'other/c': Buffer.from('c'),
};
const tarFile = once(async () => {
  const entries = Object.entries(content).map(([name, body]) => ({
    header: { name, size: body.length, type: 'file' as const },
    body,
  }));
  return Buffer.from(await packTar(entries));
});
const archive: Kind = async (random, folder) => {
  const [name, bytes] = await pick<() => Promise<[string, Buffer]>>(random, [
    async () => ['a.tar.gz', gzipSync(mutateBytes(random, await tarFile()))],
    async () => ['a.tar.gz', mutateBytes(random, gzipSync(await tarFile()))],
    async () => ['a.zip', mutateBytes(random, zip(content, random.uniform() < 0.5))],
  ])();
  await unpackFolder(write(folder, name, bytes), 'top', join(folder, 'target'));
  rmSync(join(folder, 'target'), { recursive: true });
};

/** A detector with other settings, loaded and asked, as far as they let it come. */
const configuration: Kind = async (random, folder) => {
  const file = join(folder, 'model.safetensors');
  await writeSmallDetector(file);
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const head = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const changed = mutateJson(random, JSON.parse(head.__metadata__.config));
  head.__metadata__.config = JSON.stringify(changed);
  writeFileSync(file, safetensors(JSON.stringify(head), bytes.subarray(8 + length)));
  await all(
    () => modelInfo(file),
    async () => {
      const detector = await loadDetector(file, { threads: 1 });
      try {
        await detector.detect(picture(40, 30));
      } finally {
        await detector.dispose();
      }
    },
  );
};

export const kinds: Readonly<Record<string, { readonly run: Kind; readonly share: number }>> = {
  jpeg: { run: image('jpeg', '.jpg', '.jpeg'), share: 0.12 },
  png: { run: image('png', '.png'), share: 0.12 },
  bmp: { run: image('bmp', '.bmp'), share: 0.08 },
  pth: { run: pth, share: 0.12 },
  safetensors: { run: safetensorsFile, share: 0.1 },
  coco: { run: annotations, share: 0.12 },
  detections: { run: detections, share: 0.1 },
  yolo: { run: yolo, share: 0.1 },
  voc: { run: voc, share: 0.06 },
  archive: { run: archive, share: 0.06 },
  config: { run: configuration, share: 0.02 },
};
