import { ResnetCocoError } from '../../errors.ts';
import { nearestName } from '../../io/nearest.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { CocoCategory } from './coco/coco-format.ts';

/** A category's name as names are compared: without white space around it, accents composed. */
export const comparedName = (name: string): string => name.trim().normalize();

/**
 * The categories with these names.
 *
 * @param option names the option in errors
 * @throws ResnetCocoError USAGE when there is no category of a name; names the nearest
 */
export function namedCategories(
  categories: readonly CocoCategory[],
  names: readonly string[],
  option: string,
): CocoCategory[] {
  return names.flatMap((name) => {
    if (typeof name !== 'string')
      throw new ResnetCocoError('USAGE', `\`${option}\` must be names, has ${shownValue(name)}`);
    const matches = categories.filter((category) => comparedName(category.name) === comparedName(name));
    if (matches.length) return matches;
    const known = categories.map((category) => category.name);
    const nearest = known.length ? `; the nearest is '${nearestName(name, known)}'` : '';
    throw new ResnetCocoError('USAGE', `\`${option}\`: there is no category '${name}'${nearest}`);
  });
}
