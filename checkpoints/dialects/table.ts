import { ResnetCocoError } from '../../errors.ts';
import { shown, WHAT_LOADS } from '../foreign-formats.ts';
import type { Shapes } from '../shapes.ts';
import { akamaster } from './akamaster.ts';
import { detectron2 } from './detectron2.ts';
import { type Dialect, isReadable, type Unread } from './dialect.ts';
import { foreignDialects, isForeignWhole } from './foreign.ts';
import { mmdetection } from './mmdetection.ts';
import { mmpretrain } from './mmpretrain.ts';
import { timm } from './timm.ts';
import { torchvision } from './torchvision.ts';
import { transformers } from './transformers.ts';

/** All dialects, the most specific first: other networks also use the names of a plain ResNet. */
export const dialects: readonly Dialect[] = [
  ...[...foreignDialects, detectron2, mmdetection, mmpretrain],
  ...[transformers, timm, torchvision, akamaster],
];

/** Whether names of a readable dialect begin with this part, such as `layer1`. */
export const isFirstPart = (part: string): boolean => dialects.some(({ firstPart }) => firstPart?.test(part));

/** The readable dialect of these tensors; undefined if there is none. */
export const readableDialect = (shapes: Shapes): Dialect | undefined =>
  dialects.find((dialect) => isReadable(dialect) && dialect.recognize(shapes).length);

/** Whether the tensors are those of one network, read or not, and not of several beside each other. */
export const isOneNetwork = (shapes: Shapes): boolean =>
  readableDialect(shapes) !== undefined || isForeignWhole(shapes);

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
  for (const dialect of dialects) {
    const names = isReadable(dialect) ? [] : dialect.recognize(bare).map((bareName) => wrapped.get(bareName)!);
    if (names.length) throw unreadModel(file, { what: dialect.name, names });
  }
}

/** Three names, and how many more there are; counters of norms, which all networks have, tell the least. */
export function tellingNames(names: readonly string[]): string {
  const isCounter = (name: string) => name.endsWith('num_batches_tracked');
  const sorted = [...names.filter((name) => !isCounter(name)), ...names.filter(isCounter)];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${sorted.slice(0, 3).map(shown).join(', ')}${more}`;
}

/** What is said of a network that is recognized and not read. */
export function unreadModel(file: string, { names, what }: Unread): ResnetCocoError {
  const telling = names.length ? ` (${tellingNames(names)})` : '';
  return new ResnetCocoError('BAD_MODEL', `${file}: looks like ${what}${telling}, which is not read; ${WHAT_LOADS}`);
}
