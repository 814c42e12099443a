import { isOneNetwork, readableDialect } from './dialects/table.ts';
import type { Shapes } from './shapes.ts';
import type { Contents } from './stored-tensor.ts';

type Tensors = Contents['tensors'];

/** The network that is taken out of several, and what is left out. */
export interface OneOfSeveral {
  /** The prefix of its names. */
  readonly prefix: string;
  /** Its tensors, whose names are without the prefix. */
  readonly tensors: Tensors;
  /** What is left out, by the first parts of names, with counts. */
  readonly leftOut: readonly string[];
}

/** A convolution that each ResNet has, by the names of all dialects. */
const BODY =
  /(^|\.)(layer1\.0\.conv1\.weight|res2\.0\.conv1\.weight|stages\.0\.layers\.0\.layer\.0\.convolution\.weight)$/;
/** Limits on the bodies and on the parts of a name in an untrusted file. */
const MOST_BODIES = 8;
const MOST_PARTS = 16;

/**
 * Where there are two of one network, the one that is not taken by custom: the student whose teacher is evaluated (DINO), the
 * encoder of keys (MoCo), targets that only guide a training (BYOL), and moving averages.
 */
const SECOND =
  /^(student|encoder_k|key_encoder|momentum_encoder|(target|momentum)_\w+|target|ema|model_ema|ema_model|averaged_model)$/;

/** An encoder whose last layer, called `fc`, only projects for a contrastive loss. */
const PROJECTS = /(^|\.)(encoder_[qk]|base_encoder|momentum_encoder)\.$/;

/**
 * Takes one network out of a checkpoint whose names have no prefix in common, such as the teacher's `backbone` beside its
 * head and the student. Undefined if the names are those of one network, or if no part is one that is read, or if several
 * are and custom does not tell which.
 */
export function oneOfSeveral(all: Tensors): OneOfSeveral | undefined {
  const shapes = new Map([...all].map(([name, { shape }]) => [name, shape]));
  const prefixes = isOneNetwork(shapes) ? [] : prefixesOfNetworks(shapes);
  const first = prefixes.filter((prefix) => !prefix.split('.').some((part) => SECOND.test(part)));
  const candidates = first.length ? first : prefixes;
  const [prefix, ...further] = candidates;
  if (prefix === undefined || further.length) return undefined;
  const tensors = under(prefix, all);
  if (PROJECTS.test(prefix)) {
    for (const name of tensors.keys()) if (name.startsWith('fc.')) tensors.delete(name);
  }
  const left = [...all.keys()].filter((name) => !name.startsWith(prefix) || !tensors.has(name.slice(prefix.length)));
  return { prefix, tensors, leftOut: counted(left, prefix, prefixes) };
}

/** Prefixes of names below which a network is read each. */
export function prefixesOfNetworks(shapes: Shapes): string[] {
  const bodies = [...shapes.keys()].filter((name) => BODY.test(name)).slice(0, MOST_BODIES);
  return [...new Set(bodies.flatMap((name) => prefixOfNetwork(name, shapes) ?? []))];
}

/** What has names with the prefix, by names without it. */
const under = <T>(prefix: string, all: ReadonlyMap<string, T>): Map<string, T> =>
  new Map([...all].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])));

/** The shortest prefix of a name below which a network is read. */
function prefixOfNetwork(name: string, all: Shapes): string | undefined {
  const parts = name.split('.', MOST_PARTS);
  for (let count = 1; count < parts.length; count++) {
    const prefix = `${parts.slice(0, count).join('.')}.`;
    const shapes = under(prefix, all);
    if ([...shapes.keys()].some((bare) => BODY.test(bare)) && readableDialect(shapes)) return prefix;
  }
  return undefined;
}

/** Names by the part in which they leave the prefix, with counts. @param networks prefixes of what is read, too */
function counted(names: readonly string[], prefix: string, networks: readonly string[]): string[] {
  const taken = prefix.split('.');
  const counts = new Map<string, number>();
  for (const name of names) {
    const parts = name.split('.', MOST_PARTS);
    const same = parts.findIndex((part, i) => part !== taken[i]);
    const place = parts.slice(0, same + 1).join('.');
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].map(([place, count]) => {
    const isNetwork = networks.some((other) => other !== prefix && other.startsWith(`${place}.`));
    const more = isNetwork ? ', a network, too: to use it, store its tensors alone' : '';
    return `${place} (${count} tensor${count === 1 ? '' : 's'}${more})`;
  });
}
