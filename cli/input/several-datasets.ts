import { ResnetCocoError } from '../../errors.ts';
import type { FlagTable } from '../terminal/flags.ts';

/** The flag of commands that read several data sets. */
export const imageFoldersFlag = {
  images: {
    kind: 'texts',
    value: 'DIR',
    help: 'the folder of images of each <in> in order, or one for all, if they are not in their usual places',
  },
} as const satisfies FlagTable;

/**
 * The folder of images of each data set; undefined for its usual place.
 *
 * @throws USAGE when there are neither as many folders as data sets, nor one, nor none
 */
export function imageFoldersOf(folders: readonly string[], datasets: readonly string[]): (string | undefined)[] {
  if (folders.length > 1 && folders.length !== datasets.length) {
    throw new ResnetCocoError(
      'USAGE',
      `--images is given ${folders.length} times for ${datasets.length} data sets: give it once, or for each`,
    );
  }
  return datasets.map((_, i) => (folders.length > 1 ? folders[i] : folders[0]));
}
