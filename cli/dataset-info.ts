import { command, type ExitCode } from './command.ts';
import { detectionReport, reportProblems } from './dataset-report.ts';
import { defined, jsonFlag, sourceFlags } from './shared-flags.ts';

export const info = command({
  summary: 'What a data set has: counts, sizes, the balance of its classes, and what is wrong in it.',
  positionals: {
    usage: '<dataset>',
    min: 1,
    max: 1,
    help: [['<dataset>', 'a COCO JSON file, a folder of Pascal VOC, a folder or data.yaml of YOLO']],
  },
  flags: { ...sourceFlags, ...jsonFlag },
  details: [
    'The format is told from the content. Where the images are known, each is opened and its size compared. Exit code 1: there are errors, which training would refuse.',
  ],
  examples: [
    ['resnet-coco datasets info instances_val2017.json --images val2017', ''],
    ['resnet-coco datasets info VOCdevkit/VOC2012 --split train', ''],
  ],
  async run({ flags, positionals: [annotations], terminal, signal }): Promise<ExitCode> {
    const { readDetectionDataset, summarizeDetection } = await import('../datasets/index.ts');
    const { images, split } = flags;
    const options = { annotations, ...defined({ images, split }), strict: false, checkImages: true, signal };
    const { format, dataset, files, problems } = await readDetectionDataset(options);
    const summary = summarizeDetection(dataset);
    if (flags.json) {
      const report = { format, ...summary, imageFiles: files.size, problems };
      await terminal.print(JSON.stringify(report, null, 2));
    } else {
      await terminal.print(detectionReport(format, summary, files.size));
      reportProblems(problems, terminal);
    }
    return problems.errors ? 1 : 0;
  },
});
