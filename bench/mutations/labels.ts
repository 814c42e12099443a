/** Data sets in a folder: YOLO and Pascal VOC. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { encodeImage, readDetectionDataset, summarizeDetection } from '../../datasets/index.ts';
import { all, type Kind, once, picture, write } from './kind.ts';
import { mutateText, pick } from './mutate.ts';

const smallPng = once(() => encodeImage(picture(8, 6), 'png'));

const readEitherWay = (path: string): Promise<void> =>
  all(
    async () => summarizeDetection((await readDetectionDataset({ annotations: path, strict: false })).dataset),
    () => readDetectionDataset({ annotations: path }),
  );

const dataYaml = 'path: .\ntrain: images/train\nval: images/val.txt\nnc: 2\nnames:\n  0: cat\n  1: dog\n';
export const yolo: Kind = async (random, folder) => {
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

const vocXml = `<?xml version="1.0" encoding="UTF-8"?>
<annotation><filename>a.png</filename><size><width>8</width><height>6</height><depth>3</depth></size>
<object><name>cat</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></object>
<object><name>dog</name><bndbox><xmin>2.5</xmin><ymin>2</ymin><xmax>8</xmax><ymax>4</ymax></bndbox></object>
</annotation>`;
export const voc: Kind = async (random, folder) => {
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
