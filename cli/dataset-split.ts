import type { Division } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { reportProblems } from './input/dataset-report.ts';
import { newDatasetFlags, pairsOf, reportWritten } from './input/written-dataset.ts';
import { command, type ExitCode } from './terminal/command.ts';
import type { FlagTable } from './terminal/flags.ts';
import { ownCall } from './terminal/own-call.ts';
import { defined, jsonFlag, sourceHelp } from './terminal/shared-flags.ts';
import { shellWord } from './terminal/shell-word.ts';
import { counted, formatTable } from './terminal/table.ts';

/** Flags of commands that draw images. */
export const drawingFlags = {
  seed: {
    kind: 'integer',
    value: 'N',
    min: 0,
    default: 0,
    help: 'the same seed draws the same images on every machine',
  },
  'group-by': {
    kind: 'text',
    value: 'PATTERN',
    help: "regular expression for the images' names, such as '^(.+)_[0-9]+': images with the same first group, such as the frames of a video, stay together",
  },
} as const satisfies FlagTable;

const splitFlags = {
  ...newDatasetFlags,
  fractions: {
    kind: 'text',
    value: 'NAME=SHARE,…',
    default: 'train=.8,val=.2',
    help: 'the parts and their shares of the images, which sum to 1',
  },
  ...drawingFlags,
  ...jsonFlag,
} as const satisfies FlagTable;

/** @throws ResnetCocoError USAGE when the text is no list of names and shares */
function fractionsOf(text: string): Record<string, number> {
  const pairs = pairsOf(text);
  const areShares = pairs?.every(([, share]) => /^(\d+\.?\d*|\.\d+)$/.test(share));
  if (!pairs || !areShares || new Set(pairs.map(([name]) => name)).size < pairs.length) {
    throw new ResnetCocoError(
      'USAGE',
      `--fractions wants parts and their shares, such as train=.8,val=.2, got '${text}'`,
    );
  }
  return Object.fromEntries(pairs.map(([name, share]) => [name, Number(share)]));
}

/** How many images of each category each part has, and what its share would be. */
function divisionTable({ categories, parts }: Division): string {
  const amount = (value: number): string => String(Number(value.toFixed(1)));
  const cells = (counts: readonly number[], total: number) =>
    counts.map((count, part) => `${count} of ${amount(parts[part].fraction * total)}`);
  const total = parts.reduce((sum, { images }) => sum + images, 0);
  const rows = [
    [
      'images',
      String(total),
      ...cells(
        parts.map(({ images }) => images),
        total,
      ),
    ],
    ...categories.map(({ images, name, parts: counts }) => [name, String(images), ...cells(counts, images)]),
  ];
  return formatTable(
    [['images with', 'all', ...parts.map(({ name }) => name)], ...rows],
    `lr${'r'.repeat(parts.length)}`,
  );
}

export const split = command({
  summary: 'Divide a detection data set into parts such as train and val, stratified by category.',
  positionals: {
    usage: '<in> <out>',
    min: 2,
    max: 2,
    help: [sourceHelp, ['<out>', 'a new or empty folder; it gets the format of <in>']],
  },
  flags: splitFlags,
  details: [
    'Each category gets its share of the images that show it in each part, within one image where that is possible; so do images without objects. The table shows what each part has, of what its share would be.',
    'COCO is written as train.json, val.json … and images/; VOC with lists in ImageSets/Main; YOLO with lists that data.yaml names. Nothing is overwritten.',
  ],
  examples: [
    ['resnet-coco datasets split cells cells-split', ''],
    [
      "resnet-coco datasets split all.json parts --images frames --fractions train=.7,val=.15,test=.15 --group-by '^(.+)_[0-9]+'",
      'frames of a video stay together',
    ],
    ['resnet-coco train detector --annotations cells-split --split train --val-split val', 'and then'],
  ],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { splitDataset } = await import('../datasets/index.ts');
    const { images, json, seed, split: part, 'copy-images': copyImages, 'group-by': groupBy } = flags;
    const done = await splitDataset({
      ...{ annotations, out, seed, copyImages, signal, strict: false },
      ...defined({ images, split: part, groupBy }),
      fractions: fractionsOf(flags.fractions),
    });
    const { categories, groups, parts, problems, unmatched } = done;
    if (json) await terminal.printJson(done);
    else {
      await terminal.print(divisionTable(done));
      reportProblems(problems, terminal);
    }
    if (groups !== undefined) {
      const alone = unmatched ? `; the pattern does not match ${counted(unmatched, 'image')}, each alone` : '';
      terminal.note(`${counted(groups, 'group')} of images${alone}`);
    }
    const uneven = categories.filter(({ isEven }) => !isEven).map(({ name }) => name);
    if (uneven.length) {
      const shown = `${uneven.slice(0, 5).join(', ')}${uneven.length > 5 ? ' …' : ''}`;
      terminal.note(
        `${uneven.length === 1 ? '1 category is' : `${uneven.length} categories are`} more than one image from the share (${shown}): ${groups === undefined ? 'images show several categories' : 'groups stay together'}`,
      );
    }
    const code = reportWritten(out, done, terminal);
    const [first, second] = parts;
    const target = done.format === 'coco' ? `${out}/${first.name}.json` : out;
    const evaluated =
      done.format === 'coco'
        ? ['--val-annotations', `${out}/${second?.name}.json`]
        : ['--split', first.name, '--val-split', second?.name];
    if (second)
      terminal.note(
        `next: ${ownCall()} train detector --annotations ${[target, ...evaluated].map(shellWord).join(' ')}`,
      );
    return problems.errors ? 1 : code;
  },
});
