import { isFirstPart } from './dialects/table.ts';

/** What torch's own wrappers put before a name. */
const WRAPPERS = /^((module|_orig_mod)\.)+/;
/** A detector's names begin so; before those of a classifier it is a wrapper. */
const BODY = 'backbone';

/** No wrappers put more parts before a name; a hostile file may have millions. */
const MOST_PARTS = 16;

/**
 * What wrappers such as `DataParallel` (`module.`), `torch.compile` (`_orig_mod.`) or Lightning (`model.`) put before
 * every name, several of them in a row as well: the parts, each ending in a dot, that all names begin with. Of
 * another kind of network, only torch's own.
 */
export function commonPrefix(names: readonly string[]): string {
  const [first = ''] = names;
  const parts = first.split('.', MOST_PARTS + 1);
  let prefix = '';
  for (let i = 0; i + 1 < parts.length && !isFirstPart(parts[i]); i++) {
    const longer = `${prefix}${parts[i]}.`;
    if (!names.every((name) => name.startsWith(longer))) break;
    prefix = longer;
  }
  const isOurs = (name: string) => {
    const end = name.indexOf('.', prefix.length);
    const part = name.slice(prefix.length, end);
    return end >= 0 && (part === BODY || isFirstPart(part));
  };
  if (names.some(isOurs)) return prefix;
  return WRAPPERS.exec(prefix)?.[0] ?? '';
}
