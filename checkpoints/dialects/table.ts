import { ResnetCocoError } from '../../errors.ts';
import { WHAT_LOADS } from '../foreign-formats.ts';
import type { Shapes } from '../shapes.ts';
import { akamaster } from './akamaster.ts';
import type { Dialect } from './dialect.ts';
import { foreignDialects } from './foreign.ts';
import { timm } from './timm.ts';
import { torchvision } from './torchvision.ts';
import { transformers } from './transformers.ts';

/** All dialects, the most specific first: other networks also use the names of a plain ResNet. */
export const dialects: readonly Dialect[] = [...foreignDialects, transformers, timm, torchvision, akamaster];

/** Whether names of a readable dialect begin with this part, such as `layer1`. */
export const isFirstPart = (part: string): boolean => dialects.some(({ firstPart }) => firstPart?.test(part));

/** The readable dialect of these tensors; undefined if there is none. */
export const readableDialect = (shapes: Shapes): Dialect | undefined =>
  dialects.find(({ recognize, rename }) => rename && recognize(shapes).length);

/** Wrappers before a name. */
const WRAPPED = /^((module|_orig_mod|student|teacher)\.)+/;

/**
 * Refuses tensors whose names are those of another framework or another network.
 *
 * @throws ResnetCocoError BAD_MODEL that says what the file looks like, by which names, and what loads
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
