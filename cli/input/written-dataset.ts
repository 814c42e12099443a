import type { WrittenFolder } from '../../datasets/index.ts';
import type { ExitCode } from '../terminal/command.ts';
import type { FlagTable } from '../terminal/flags.ts';
import { sourceFlags } from '../terminal/shared-flags.ts';
import { counted } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Flags of commands that make a new data set of others. */
export const newDatasetFlags = {
  ...sourceFlags,
  'copy-images': {
    kind: 'boolean',
    alias: 'copy',
    help: 'copy the images; else they are hard links, which take no room, where the disk has them',
  },
} as const satisfies FlagTable;

/** `<out>` of these commands, for their `positionals`. */
export const newDatasetHelp = [
  '<out>',
  'a new or empty folder, in the format of <in>; for COCO also a new .json file, whose images stay where they are',
] as const;

/** `a=1,b=2` as pairs; a part without `=`, or with nothing on a side of it, gives undefined. */
export function pairsOf(text: string): (readonly [name: string, value: string])[] | undefined {
  const pairs = text.split(',').map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
  });
  const areWhole = text.split(',').every((part) => part.includes('='));
  return areWhole && pairs.every(([name, value]) => name && value) ? pairs : undefined;
}

/** Says what was written, and what was not. */
export function reportWritten(out: string, done: WrittenFolder, terminal: Terminal): ExitCode {
  const { annotations, copied, format, images, linked, lost, missing } = done;
  if (lost.length) terminal.note(`${format} cannot store ${lost.join(', ')}: left out`);
  const files = [...(linked ? [`${linked} linked`] : []), ...(copied ? [`${copied} copied`] : [])];
  const placed = files.length ? `; of the images, ${files.join(', ')}` : '';
  terminal.note(`${out}: ${counted(images, 'image')}, ${counted(annotations, 'annotation')} as ${format}${placed}`);
  if (missing)
    terminal.report(
      `${counted(missing, 'image')} without a file: only annotations are written; --images names the folder`,
    );
  return missing ? 1 : 0;
}
