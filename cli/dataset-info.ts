import type { Split } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { classificationReport, detectionReport, reportProblems } from './input/dataset-report.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { defined, jsonFlag, sourceFlags } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

interface InfoFlags {
  readonly images: string | undefined;
  readonly split: string | undefined;
  readonly json: boolean;
}

/** `cifar10:DIR` and the like. A single letter would be a drive of Windows. */
const isSpec = (dataset: string): boolean => /^[a-z]\w+:./i.test(dataset);

function asSplit(split: string | undefined): Split | undefined {
  if (split === undefined || split === 'train' || split === 'test') return split;
  throw new ResnetCocoError('USAGE', `--split ${split}: must be train or test for a classification data set`);
}

async function aboutClassification(
  spec: string,
  { images, split, json }: InfoFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (images !== undefined) throw new ResnetCocoError('USAGE', '--images is for detection data sets only');
  const { openClassificationDataset, summarizeClassification } = await import('../datasets/index.ts');
  const dataset = await openClassificationDataset(spec, defined({ split: asSplit(split) }));
  for (const note of dataset.notes ?? []) terminal.note(note);
  const summary = await summarizeClassification(dataset, signal);
  await (json ? terminal.printJson(summary) : terminal.print(classificationReport(summary)));
  const { unreadable } = summary;
  if (!unreadable.length) return 0;
  if (!json) for (const { message } of unreadable.slice(0, 20)) terminal.report(`error: ${message}`);
  terminal.report(`${counted(unreadable.length, 'image')} cannot be read`);
  return 1;
}

async function aboutDetection(
  annotations: string,
  { images, split, json }: InfoFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { readDetectionDataset, summarizeDetection } = await import('../datasets/index.ts');
  const options = { annotations, ...defined({ images, split }), strict: false, checkImages: true, signal };
  const { format, dataset, files, problems } = await readDetectionDataset(options);
  const summary = summarizeDetection(dataset);
  if (json) {
    await terminal.printJson({ format, ...summary, imageFiles: files.size, problems });
  } else {
    await terminal.print(detectionReport(format, summary, files.size));
    reportProblems(problems, terminal);
  }
  return problems.errors ? 1 : 0;
}

export const info = command({
  summary: 'Contents of a data set: counts, sizes, the balance of its classes, and what is wrong in it.',
  positionals: {
    usage: '<dataset>',
    min: 1,
    max: 1,
    help: [
      [
        '<dataset>',
        'a COCO JSON file, a folder of Pascal VOC, a folder or data.yaml of YOLO; cifar10:DIR, cifar100:DIR, imagefolder:DIR',
      ],
    ],
  },
  flags: { ...sourceFlags, ...jsonFlag },
  details: [
    'The format is recognized by the content. If the images are found, each is opened and its size is compared. Exit code 1: there are errors, which training would refuse.',
  ],
  examples: [
    ['resnet-coco datasets info instances_val2017.json --images val2017', ''],
    ['resnet-coco datasets info VOCdevkit/VOC2012 --split train', ''],
    ['resnet-coco datasets info cifar10:cifar-10-batches-bin --json', ''],
  ],
  run({ flags, positionals: [dataset], terminal, signal }): Promise<ExitCode> {
    return (isSpec(dataset) ? aboutClassification : aboutDetection)(dataset, flags, terminal, signal);
  },
});
