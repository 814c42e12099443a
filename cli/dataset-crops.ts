import { join } from 'node:path';
import { reportProblems } from './input/dataset-report.ts';
import { command, type ExitCode } from './terminal/command.ts';
import type { FlagTable } from './terminal/flags.ts';
import { ownCall } from './terminal/own-call.ts';
import { defined, sourceFlags, sourceHelp } from './terminal/shared-flags.ts';
import { shellWord } from './terminal/shell-word.ts';
import { counted } from './terminal/table.ts';

const cropFlags = {
  ...sourceFlags,
  smallest: {
    kind: 'integer',
    value: 'PX',
    min: 1,
    max: 100_000,
    default: 32,
    help: 'longer side in pixels of the smallest objects to crop',
  },
  margin: {
    kind: 'number',
    value: 'M',
    min: 0,
    max: 100,
    default: 0.1,
    help: 'margin around an object, as a share of its longer side',
  },
  background: {
    kind: 'integer',
    value: 'N',
    min: 0,
    max: 10_000,
    default: 0,
    help: 'squares without an object to crop from each image, as the class background',
  },
  'val-fraction': {
    kind: 'number',
    value: 'F',
    min: 0,
    max: 0.9,
    default: 0.2,
    help: 'share of the images whose objects go to OUT/val; all others go to OUT/train; with 0 there are no such folders',
  },
  seed: {
    kind: 'integer',
    value: 'N',
    min: 0,
    default: 0,
    help: 'seed of the background squares and of the images for val',
  },
} as const satisfies FlagTable;

/** The folder for objects of an evaluation split; undefined for a training split. */
function evaluationFolder(split: string): string | undefined {
  if (/^val(id|idation)?$/i.test(split)) return 'val';
  return /^test$/i.test(split) ? 'test' : undefined;
}

export const crops = command({
  summary: 'Crop the objects of a data set from its images: one folder per category, to train a backbone on.',
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
    'All objects of an image go to train, or all to val. With --split val or --split test they go to a folder of that name.',
    'Crowds are left out. A backbone that was trained on such crops is a good start for a detector.',
  ],
  examples: [
    ['resnet-coco datasets crops instances_train2017.json crops --images train2017', ''],
    ['resnet-coco train backbone --arch resnet18 --dataset imagefolder:crops --size 64', 'and then'],
    [
      'resnet-coco datasets crops VOCdevkit/VOC2012 crops --split val',
      'the objects of an evaluation split, to crops/val',
    ],
  ],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { writeObjectCrops } = await import('../datasets/index.ts');
    const { images, split, 'val-fraction': fraction, ...choices } = flags;
    const evaluated = split === undefined ? undefined : evaluationFolder(split);
    const target = evaluated === undefined ? out : join(out, evaluated);
    const valFraction = evaluated === undefined ? fraction : 0;
    const source = { annotations, ...defined({ images, split }), signal };
    const progress = terminal.startProgress('images', undefined);
    const onProgress = (done: number, total: number): void => progress.set(done, total);
    const done = await writeObjectCrops({
      ...source,
      ...choices,
      out: target,
      valFraction,
      onProgress,
    }).finally(() => progress.stop());
    reportProblems(done.problems, terminal);
    const pictures = done.classes.reduce((sum, { pictures }) => sum + pictures, 0);
    for (const { message } of done.unreadable) terminal.report(`error: ${message}`);
    terminal.note(
      `${target}: ${counted(pictures, 'image')} in ${counted(done.classes.length, 'folder')}; ${counted(done.small, 'object')} under ${flags.smallest} pixels left out`,
    );
    if (evaluated === undefined && valFraction > 0 && done.images > 1) {
      terminal.note(
        `next: ${ownCall()} train backbone --dataset ${shellWord(`imagefolder:${out}`)} --arch resnet18 --size 64`,
      );
    }
    return done.unreadable.length ? 1 : 0;
  },
});
