import { ResnetCocoError } from '../errors.ts';
import { MOST } from '../io/bounds.ts';
import { readSettingsFile } from '../io/json/settings-file.ts';
import { drawingFlags } from './dataset-split.ts';
import { reportProblems } from './input/dataset-report.ts';
import { imageFoldersFlag, imageFoldersOf } from './input/several-datasets.ts';
import { newDatasetFlags, newDatasetHelp, pairsOf, reportWritten } from './input/written-dataset.ts';
import { command, type ExitCode } from './terminal/command.ts';
import type { FlagTable } from './terminal/flags.ts';
import { defined, jsonFlag, sourceHelp } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';

const oneInput = { usage: '<in> <out>', min: 2, max: 2, help: [sourceHelp, newDatasetHelp] } as const;

/** The names of a list with commas. */
const namesOf = (text: string | undefined): string[] | undefined => text?.split(',').map((name) => name.trim());

const filterFlags = {
  ...newDatasetFlags,
  categories: { kind: 'text', value: 'NAME[,NAME…]', help: 'keep these categories and their objects' },
  without: { kind: 'text', value: 'NAME[,NAME…]', help: 'leave out these categories and their objects' },
  'min-area': {
    kind: 'number',
    value: 'PX',
    min: 0,
    max: MOST.area,
    help: 'keep objects of at least this area, in square pixels',
  },
  'max-area': { kind: 'number', value: 'PX', min: 0, max: MOST.area, help: 'keep objects of at most this area' },
  match: { kind: 'text', value: 'PATTERN', help: 'keep images whose names this regular expression matches' },
  crowds: { kind: 'boolean', default: true, help: 'leave out crowds' },
  empty: { kind: 'boolean', default: true, help: 'leave out images in which no object is left' },
  ...jsonFlag,
} as const satisfies FlagTable;

export const filter = command({
  summary: 'Keep the categories, objects and images of a data set that fit.',
  positionals: oneInput,
  flags: filterFlags,
  details: ['What fits all flags is kept. Categories keep their ids; nothing is overwritten.'],
  examples: [
    ['resnet-coco datasets filter instances_val2017.json people.json --categories person --no-empty', ''],
    ["resnet-coco datasets filter cells large --min-area 1024 --match '^BloodImage_000'", ''],
  ],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { filterDataset } = await import('../datasets/index.ts');
    const { categories, crowds, empty, images, json, match, split, without, 'copy-images': copyImages } = flags;
    const [minArea, maxArea] = [flags['min-area'], flags['max-area']];
    const done = await filterDataset({
      ...{ annotations, out, copyImages, crowds, empty, signal, strict: false },
      ...defined({ images, split, minArea, maxArea, match }),
      ...defined({ categories: namesOf(categories), without: namesOf(without) }),
    });
    if (json) await terminal.printJson(done);
    else reportProblems(done.problems, terminal);
    const { leftOut } = done;
    terminal.note(
      `left out: ${counted(leftOut.images, 'image')}, ${counted(leftOut.annotations, 'annotation')}, ${leftOut.categories === 1 ? '1 category' : `${leftOut.categories} categories`}`,
    );
    const code = reportWritten(out, done, terminal);
    return done.problems.errors ? 1 : code;
  },
});

const sampleFlags = {
  ...newDatasetFlags,
  count: { kind: 'integer', value: 'N', min: 1, max: MOST.images, help: 'number of images' },
  fraction: { kind: 'number', value: 'F', min: 0, max: 1, help: 'or their share, such as 0.1' },
  ...drawingFlags,
  ...jsonFlag,
} as const satisfies FlagTable;

export const sample = command({
  summary: 'Draw a sample of the images of a data set, stratified by category.',
  positionals: oneInput,
  flags: sampleFlags,
  details: [
    'Each category keeps its share of the images, within one image where that is possible. Nothing is overwritten.',
  ],
  examples: [['resnet-coco datasets sample instances_train2017.json small.json --count 1000', '']],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { sampleDataset } = await import('../datasets/index.ts');
    const { count, fraction, images, json, seed, split, 'copy-images': copyImages, 'group-by': groupBy } = flags;
    if ((count === undefined) === (fraction === undefined)) {
      throw new ResnetCocoError('USAGE', 'a sample needs either --count or --fraction');
    }
    const done = await sampleDataset({
      ...{ annotations, out, copyImages, seed, signal, strict: false },
      ...defined({ images, split, count, fraction, groupBy }),
    });
    if (json) await terminal.printJson(done);
    else reportProblems(done.problems, terminal);
    const code = reportWritten(out, done, terminal);
    return done.problems.errors ? 1 : code;
  },
});

const remapFlags = {
  ...newDatasetFlags,
  names: { kind: 'text', value: 'OLD=NEW,…', help: 'new names by old ones; categories with one new name are joined' },
  map: { kind: 'text', value: 'FILE', help: 'the same as JSON: {"car": "vehicle", "truck": "vehicle"}' },
  ...jsonFlag,
} as const satisfies FlagTable;

/** @throws ResnetCocoError USAGE, BAD_CONFIG, FILE_NOT_FOUND */
async function newNames(names: string | undefined, map: string | undefined): Promise<Record<string, string>> {
  if ((names === undefined) === (map === undefined)) {
    throw new ResnetCocoError('USAGE', 'new names come from either --names or --map');
  }
  if (names !== undefined) {
    const pairs = pairsOf(names);
    if (pairs) return Object.fromEntries(pairs);
    throw new ResnetCocoError('USAGE', `--names wants names such as car=vehicle,truck=vehicle, got '${names}'`);
  }
  const value = await readSettingsFile(map!);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, string>;
  throw new ResnetCocoError('BAD_CONFIG', `${map}: must be an object of names, such as {"car": "vehicle"}`);
}

export const remap = command({
  summary: 'Rename or join categories of a data set.',
  positionals: oneInput,
  flags: remapFlags,
  details: ['Joined categories get the id of the one that had the name, else of the first. Nothing is overwritten.'],
  examples: [['resnet-coco datasets remap street.json vehicles.json --names car=vehicle,truck=vehicle', '']],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { remapDataset } = await import('../datasets/index.ts');
    const { images, json, map, names, split, 'copy-images': copyImages } = flags;
    const done = await remapDataset({
      ...{ annotations, out, copyImages, signal, strict: false, names: await newNames(names, map) },
      ...defined({ images, split }),
    });
    if (json) await terminal.printJson(done);
    else reportProblems(done.problems, terminal);
    const code = reportWritten(out, done, terminal);
    return done.problems.errors ? 1 : code;
  },
});

const { images: _, ...ofMerging } = newDatasetFlags;
const mergeFlags = {
  ...imageFoldersFlag,
  ...ofMerging,
  ...jsonFlag,
} as const satisfies FlagTable;

export const merge = command({
  summary: 'Join data sets: categories with one name become one.',
  positionals: {
    usage: '<in…> <out>',
    min: 3,
    max: Number.POSITIVE_INFINITY,
    help: [['<in…>', 'two data sets or more, of any formats; the first gives the format'], newDatasetHelp],
  },
  flags: mergeFlags,
  details: [
    'Images that are one file become one image with the objects of all. Other images with a name that is taken go to a folder named after their data set. Ids are kept where they do not clash. Nothing is overwritten.',
  ],
  examples: [['resnet-coco datasets merge monday tuesday.json all --images monday/photos --images tuesday', '']],
  async run({ flags, positionals, terminal, signal }): Promise<ExitCode> {
    const { mergeDatasets } = await import('../datasets/index.ts');
    const { images, json, split, 'copy-images': copyImages } = flags;
    const [inputs, out] = [positionals.slice(0, -1), positionals.at(-1)!];
    const folders = imageFoldersOf(images, inputs);
    const sources = inputs.map((annotations, index) => ({
      ...{ annotations, strict: false },
      ...defined({ images: folders[index], split }),
    }));
    const done = await mergeDatasets({ sources, out, copyImages, signal });
    if (json) await terminal.printJson(done);
    else for (const problems of done.problems) reportProblems(problems, terminal);
    if (done.shared)
      terminal.note(`${counted(done.shared, 'image')} in several data sets: joined, with the objects of all`);
    if (done.renamed) terminal.note(`${counted(done.renamed, 'image')} renamed: others have their names`);
    const code = reportWritten(out, done, terminal);
    return done.problems.some(({ errors }) => errors) ? 1 : code;
  },
});
