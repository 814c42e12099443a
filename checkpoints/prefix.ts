import { isFirstPart } from './dialects/table.ts';

/** What `torch.compile`, FSDP and checkpointing of activations put into names, before the parts that they wrap. */
const INNER = /(?<=\.)((_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.)+/g;

/** Tensors by names without the wrappers of single layers; unchanged if two would then have one name. */
export function withoutInnerWrappers<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const bare = new Map([...tensors].map(([name, tensor]) => [name.replace(INNER, ''), tensor]));
  return bare.size === tensors.size ? bare : tensors;
}

/** Prefixes that torch's own wrappers add. */
const WRAPPERS = /^((module|_orig_mod)\.)+/;
/** Names of detectors, and of classifiers of transformers, begin with these. Before the names of a ResNet they are wrappers. */
const BODIES = ['backbone', 'resnet'];

/** The most parts that wrappers add to a name. A hostile file may have millions. */
const MOST_PARTS = 16;

/**
 * Finds the prefix that wrappers such as `DataParallel` (`module.`), `torch.compile` (`_orig_mod.`) or Lightning
 * (`model.`) added to every name. It may have several parts, each ending in a dot. For another kind of network only
 * torch's own wrappers count.
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
    return end >= 0 && (BODIES.includes(part) || isFirstPart(part));
  };
  if (names.some(isOurs)) return prefix;
  return WRAPPERS.exec(prefix)?.[0] ?? '';
}
