import { command, type ExitCode } from './command.ts';
import { reportProblems } from './dataset-report.ts';
import type { FlagTable } from './flags.ts';
import { defined, sourceFlags, sourceHelp } from './shared-flags.ts';
import { counted } from './table.ts';

const cropFlags = {
  ...sourceFlags,
  smallest: {
    kind: 'integer',
    value: 'PX',
    min: 1,
    max: 100_000,
    default: 32,
    help: 'longer side of the smallest objects that are cut',
  },
  margin: {
    kind: 'number',
    value: 'M',
    min: 0,
    max: 100,
    default: 0.1,
    help: "what is shown around, as a share of an object's longer side",
  },
  background: {
    kind: 'integer',
    value: 'N',
    min: 0,
    max: 10_000,
    default: 0,
    help: 'squares without an object to cut from each image, as a class background',
  },
  seed: { kind: 'integer', value: 'N', min: 0, default: 0, help: 'of the places of the background' },
} as const satisfies FlagTable;

export const crops = command({
  summary: 'Cut the objects of a data set out of its images: one folder of pictures for each category.',
  positionals: {
    usage: '<in> <out>',
    min: 2,
    max: 2,
    help: [
      sourceHelp,
      ['<out>', 'the folder to write; classify, evaluate and train backbone take it as imagefolder:OUT'],
    ],
  },
  flags: cropFlags,
  details: [
    "Crowds are left out. A backbone that was trained on such pictures knows the objects before it is a detector's.",
  ],
  examples: [
    ['resnet-coco datasets crops instances_train2017.json crops --images train2017', ''],
    ['resnet-coco train backbone --arch resnet18 --dataset imagefolder:crops --size 64', 'and then'],
  ],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { writeObjectCrops } = await import('../datasets/index.ts');
    const { images, split, ...choices } = flags;
    const source = { annotations, ...defined({ images, split }), signal };
    const progress = terminal.startProgress('images', undefined);
    const onProgress = (done: number, total: number): void => progress.set(done, total);
    const done = await writeObjectCrops({ ...source, ...choices, out, onProgress }).finally(() => progress.stop());
    reportProblems(done.problems, terminal);
    const pictures = done.classes.reduce((sum, { pictures }) => sum + pictures, 0);
    for (const { message } of done.unreadable) terminal.report(`error: ${message}`);
    terminal.note(
      `${out}: ${counted(pictures, 'picture')} in ${counted(done.classes.length, 'folder')}; ${counted(done.small, 'object')} under ${flags.smallest} pixels left out`,
    );
    return done.unreadable.length ? 1 : 0;
  },
});
