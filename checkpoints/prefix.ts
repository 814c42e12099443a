/** Parts of a network of the family: a name that begins with one has no prefix. */
const PART = /^(conv1|bn1|layer\d+|fc|linear|rpn|roi_heads|fpn)$/;
/** What torch's own wrappers put before a name. */
const WRAPPERS = /^((module|_orig_mod)\.)+/;
/** What a name without its prefix begins with, where it is one of the family. */
const FAMILY = /^(conv1|bn1|layer\d+|fc|linear|rpn|roi_heads|fpn|backbone)\./;

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
  for (let i = 0; i + 1 < parts.length && !PART.test(parts[i]); i++) {
    const longer = `${prefix}${parts[i]}.`;
    if (!names.every((name) => name.startsWith(longer))) break;
    prefix = longer;
  }
  if (names.some((name) => FAMILY.test(name.slice(prefix.length)))) return prefix;
  return WRAPPERS.exec(prefix)?.[0] ?? '';
}
