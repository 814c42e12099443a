import { basename, join } from 'node:path';
import { type CheckedPart, imbalances } from '../datasets/detection/check/check-dataset.ts';
import { oddBoxKinds } from '../datasets/detection/check/odd-boxes.ts';
import { type DatasetCheck, type DetectionDataset, readDetectionDataset } from '../datasets/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { datasetPage } from '../eval/report/dataset-page.ts';
import { writeReport } from '../eval/report/report-folder.ts';
import { isFolder } from '../io/regular-file.ts';
import { reportProblems } from './input/dataset-report.ts';
import { imageFoldersFlag, imageFoldersOf } from './input/several-datasets.ts';
import { command, type ExitCode } from './terminal/command.ts';
import type { FlagTable } from './terminal/flags.ts';
import { defined, jsonFlag } from './terminal/shared-flags.ts';
import { counted, formatTable } from './terminal/table.ts';

const checkFlags = {
  ...imageFoldersFlag,
  splits: {
    kind: 'text',
    value: 'NAME[,NAME…]',
    help: 'the parts to compare (default: those of train, val and test that there are, else the whole)',
  },
  report: { kind: 'text', value: 'DIR', help: 'write report.html, a page with examples, and report.json there' },
  ...jsonFlag,
} as const satisfies FlagTable;

const USUAL = ['train', 'val', 'test'];

/** The parts of a folder that there are; a part that cannot be read is none, since the user named none. */
async function usualParts(read: (split: string) => Promise<DetectionDataset>): Promise<[string, DetectionDataset][]> {
  const parts: [string, DetectionDataset][] = [];
  for (const split of USUAL) {
    try {
      parts.push([split, await read(split)]);
    } catch (error) {
      if (!(error instanceof ResnetCocoError)) throw error;
    }
  }
  return parts;
}

async function readParts(
  inputs: readonly string[],
  folders: readonly (string | undefined)[],
  splits: string | undefined,
  signal: AbortSignal,
): Promise<CheckedPart[]> {
  const parts: CheckedPart[] = [];
  for (const [index, annotations] of inputs.entries()) {
    const read = (split?: string) =>
      readDetectionDataset({
        ...{ annotations, strict: false, signal },
        ...defined({ images: folders[index], split }),
      });
    const wanted = splits?.split(',').map((name) => name.trim());
    const found: [string, DetectionDataset][] = [];
    if (wanted) for (const split of wanted) found.push([split, await read(split)]);
    else if (isFolder(annotations) || /\.(ya?ml|data)$/i.test(annotations)) found.push(...(await usualParts(read)));
    if (!found.length) found.push(['', await read()]);
    for (const [split, dataset] of found) {
      const name = [...(inputs.length > 1 || !split ? [basename(annotations)] : []), ...(split ? [split] : [])].join(
        ' ',
      );
      parts.push({ name: parts.some((part) => part.name === name) ? `${name} ${parts.length + 1}` : name, dataset });
    }
  }
  return parts;
}

function describe(check: DatasetCheck): string {
  const { duplicates, oddBoxes, parts, unlabeled, unreadable } = check;
  const leaks = duplicates.filter(({ isLeak }) => isLeak);
  const images = (groups: typeof duplicates) => groups.reduce((sum, group) => sum + group.images.length, 0);
  const groups = (found: typeof duplicates) =>
    found.length ? `${counted(found.length, 'group')} of ${counted(images(found), 'image')}` : 'none';
  const exact = duplicates.filter(({ areExact, isLeak }) => areExact && !isLeak);
  const near = duplicates.filter(({ areExact, isLeak }) => !areExact && !isLeak);
  const rows = [
    ...parts.map(({ annotations, files, images: count, name }) => [
      name,
      `${counted(count, 'image')}, ${counted(annotations, 'annotation')}${files < count ? `, ${count - files} without a file` : ''}`,
    ]),
    ...(parts.length > 1 ? [['in several parts', groups(leaks)]] : []),
    ['duplicates', groups(exact)],
    ['near-duplicates', groups(near)],
    ...oddBoxKinds.map((kind) => [`${kind} boxes`, String(oddBoxes[kind].length || 'none')]),
    ['without labels', unlabeled.length ? counted(unlabeled.length, 'image') : 'none'],
    ...(unreadable.length ? [['unreadable', counted(unreadable.length, 'image')]] : []),
  ];
  return formatTable(rows);
}

const SHOWN = 10;

export const check = command({
  summary: 'Look for duplicates, leakage between parts, imbalance, odd boxes and images without labels.',
  positionals: {
    usage: '<in…>',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    help: [['<in…>', 'a data set with its parts, or several to compare, such as train.json val.json']],
  },
  flags: checkFlags,
  details: [
    'Duplicates are files that are the same to the byte. Near-duplicates look the same in another size, format or brightness: their perceptual hashes (pHash) differ in fewer than 8 of 63 bits, and their small pictures agree.',
    'Exit code 1: an image is in several parts, cannot be read, or there are errors, which training would refuse.',
  ],
  examples: [
    ['resnet-coco datasets check cells-split --report checked', 'then open checked/report.html'],
    ['resnet-coco datasets check train.json val.json --images train2017 --images val2017', ''],
  ],
  async run({ flags, positionals: inputs, terminal, signal }): Promise<ExitCode> {
    const { checkDetectionData } = await import('../datasets/index.ts');
    const { images, json, report, splits } = flags;
    const parts = await readParts(inputs, imageFoldersOf(images, inputs), splits, signal);
    const progress = terminal.startProgress('images', undefined);
    const onProgress = (done: number, total: number): void => progress.set(done, total);
    const found = await checkDetectionData(parts, { signal, onProgress }).finally(() => progress.stop());
    if (report !== undefined) {
      const html = await datasetPage(inputs.map((input) => basename(input)).join(', '), found);
      await writeReport(report, { 'report.html': html, 'report.json': `${JSON.stringify(found)}\n` });
    }
    if (json) await terminal.printJson(found);
    else {
      await terminal.print(describe(found));
      for (const { problems } of found.parts) reportProblems(problems, terminal);
      for (const { message } of found.unreadable.slice(0, SHOWN)) terminal.report(`error: ${message}`);
      const uneven = imbalances(found);
      for (const text of uneven.slice(0, SHOWN)) terminal.note(`imbalance: ${text}`);
      if (uneven.length > SHOWN)
        terminal.note(`and ${uneven.length - SHOWN} more of ${found.categories.length} categories`);
    }
    const files = found.parts.reduce((sum, part) => sum + part.files, 0);
    if (!files)
      terminal.note('no image was found, so that duplicates were not looked for: --images names their folder');
    if (report !== undefined) terminal.note(`page: ${join(report, 'report.html')}`);
    const leaks = found.duplicates.filter(({ isLeak }) => isLeak);
    for (const { images: same } of leaks.slice(0, json ? 0 : SHOWN)) {
      terminal.report(
        `leakage: ${same
          .slice(0, 4)
          .map(({ image, part }) => `${part}: ${image.file_name}`)
          .join(', ')}${same.length > 4 ? ' …' : ''}`,
      );
    }
    const errors = found.parts.some(({ problems }) => problems.errors);
    return errors || leaks.length || found.unreadable.length ? 1 : 0;
  },
});
