import { ResnetCocoError } from '../../errors.ts';
import { WHAT_LOADS } from '../foreign-formats.ts';
import type { Shapes } from '../shapes.ts';
import { akamaster } from './akamaster.ts';
import type { Dialect } from './dialect.ts';
import { foreignDialects } from './foreign.ts';
import { torchvision } from './torchvision.ts';

/** All dialects that are known, the most telling first: other networks have the names of a plain ResNet, too. */
export const dialects: readonly Dialect[] = [...foreignDialects, torchvision, akamaster];

/** Whether a part of a name, such as `layer1`, is one that names of a dialect that is read begin with. */
export const isFirstPart = (part: string): boolean => dialects.some(({ firstPart }) => firstPart?.test(part));

/** The dialect that tensors are read in; undefined where they are of none that is. */
export const readableDialect = (shapes: Shapes): Dialect | undefined =>
  dialects.find(({ recognize, rename }) => rename && recognize(shapes).length);

/** Wrappers before a name. */
const WRAPPED = /^((module|_orig_mod|student|teacher)\.)+/;

/**
 * Refuses tensors that are another framework's or another network's by their names.
 *
 * @throws ResnetCocoError BAD_MODEL, saying what it looks like, by which names, and what loads
 */
export function refuseDialect(shapes: Shapes, file: string): void {
  const bare = new Map([...shapes].map(([name, shape]) => [name.replace(WRAPPED, ''), shape]));
  const wrapped = new Map([...shapes.keys()].map((name) => [name.replace(WRAPPED, ''), name]));
  for (const { name, recognize, rename } of dialects) {
    const telling = rename ? [] : recognize(bare).map((bareName) => wrapped.get(bareName)!);
    if (!telling.length) continue;
    const more = telling.length > 3 ? ` and ${telling.length - 3} more` : '';
    throw new ResnetCocoError(
      'BAD_MODEL',
      `${file}: looks like ${name} (${telling.slice(0, 3).join(', ')}${more}), which is not read; ${WHAT_LOADS}`,
    );
  }
}
