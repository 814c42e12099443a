import { sliceFlags, sliceOf } from './detecting/slicing-flags.ts';
import { reportProblems } from './input/dataset-report.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { Failures } from './terminal/failures.ts';
import { type FlagTable, required } from './terminal/flags.ts';
import { defined, jsonFlag, sourceFlags, sourceHelp } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';

const flags = {
  slice: { ...sliceFlags.slice, help: 'the side of a tile, or width and height, in pixels, such as 640' },
  overlap: sliceFlags.overlap,
  'min-area-ratio': {
    kind: 'number',
    group: 'Tiles',
    value: 'P',
    min: 0,
    max: 1,
    default: 0.1,
    help: 'an object is in a tile if at least this share of its area is',
  },
  empty: { kind: 'boolean', group: 'Tiles', default: true, help: 'leave out tiles without objects' },
  ...sourceFlags,
  ...jsonFlag,
} as const satisfies FlagTable;

export const slice = command({
  summary: 'Cut the images of a detection data set into tiles with their objects, to train on small objects.',
  positionals: {
    usage: '<in> <out>',
    min: 2,
    max: 2,
    help: [sourceHelp, ['<out>', 'a new or empty folder; it gets the format of <in>, and the tiles']],
  },
  flags,
  details: [
    'Tiles overlap and all have one size; those of a.png are a_LEFT_TOP_RIGHT_BOTTOM.png, others JPEG. Boxes, polygons, masks and keypoints are cut at their borders. Large JPEG and PNG files are decoded row by row.',
  ],
  examples: [
    ['resnet-coco datasets slice aerial.json tiles --slice 640 --overlap 0.2', ''],
    ['resnet-coco train detector --annotations tiles', 'and then; detect with detect --slice 640'],
  ],
  async run({ flags, positionals: [annotations, out], terminal, signal }): Promise<ExitCode> {
    const { sliceDataset } = await import('../datasets/index.ts');
    const { empty, images, json, overlap, split } = flags;
    const size = sliceOf(required('slice', flags.slice));
    const progress = terminal.startProgress('images');
    const done = await sliceDataset({
      ...{ annotations, out, empty, minAreaRatio: flags['min-area-ratio'], signal, strict: false, slice: size },
      ...defined({ images, overlap, split }),
      onProgress: (count, total) => progress.set(count, total),
    }).finally(() => progress.stop());
    const { format, leftOut, lost, problems, tiles, unreadable } = done;
    if (json) await terminal.printJson({ ...done, unreadable: unreadable.map(({ message }) => message) });
    else reportProblems(problems, terminal);
    const failures = new Failures(terminal);
    for (const error of unreadable) failures.add(out, error);
    const parts = [
      leftOut.parts && `${counted(leftOut.parts, 'part')} of objects smaller than --min-area-ratio`,
      leftOut.objects && `${counted(leftOut.objects, 'object')} of which no tile has enough`,
      leftOut.empty && `${counted(leftOut.empty, 'tile')} without objects (--no-empty)`,
      leftOut.missing && `${counted(leftOut.missing, 'image')} without a file`,
    ].filter(Boolean);
    if (parts.length) terminal.note(`left out: ${parts.join(', ')}`);
    if (lost.length) terminal.note(`${format} cannot store ${lost.join(', ')}: left out`);
    terminal.note(
      `${out}: ${counted(tiles, 'tile')} of ${counted(done.images, 'image')}, ${counted(done.annotations, 'annotation')} as ${format}`,
    );
    return unreadable.length || problems.errors || leftOut.missing ? 1 : 0;
  },
});
