import { ResnetCocoError } from '../errors.ts';
import { namesAside } from './aside.ts';
import { refuseDialect } from './dialects/table.ts';
import { shown } from './foreign-formats.ts';
import { prefixesOfNetworks } from './one-of-several.ts';
import type { Shapes } from './shapes.ts';

type TensorShapes = Readonly<Record<string, readonly number[]>>;

/** Names for a message: the first three, and how many more there are. */
export const listNames = (names: readonly string[]): string =>
  `${names
    .slice(0, 3)
    .map((name) => (name.length > 100 ? `${name.slice(0, 100)}…` : name))
    .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;

/** Tensors that a network does not use, without those that training stores beside the weights. */
export function strangers(shapes: Shapes, needed: TensorShapes): string[] {
  const aside = namesAside(new Map([...shapes].map(([name, shape]) => [name, { shape }])));
  return [...shapes.keys()].filter((name) => !Object.hasOwn(needed, name) && !aside.has(name));
}

/**
 * Checks that a checkpoint has every tensor that an architecture needs, in its shape, and no others except those that
 * training stores beside the weights.
 *
 * @throws ResnetCocoError BAD_MODEL that names the first tensors that are missing, have another shape or are not used
 */
export function checkFit(shapes: Shapes, needed: TensorShapes, file: string, architecture: string): void {
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_MODEL', `${file}: ${problem}`);
  };
  const names = Object.keys(needed);
  const missing = names.filter((name) => !shapes.has(name));
  if (missing.length) {
    refuseDialect(shapes, file);
    const remedy = 'name another architecture, as models convert --arch does';
    bad(`lacks tensors of ${architecture}: ${listNames(missing)}; ${remedy}${straysFrom(shapes)}`);
  }
  for (const name of names) {
    const [has, wants] = [shapes.get(name)!, needed[name]];
    if (`${has}` !== `${wants}`) {
      refuseDialect(shapes, file);
      bad(`${name} is [${has}], but ${architecture} needs [${wants}]`);
    }
  }
  const others = strangers(shapes, needed);
  if (!others.length) return;
  refuseDialect(shapes, file);
  const count = others.length === 1 ? '1 tensor' : `${others.length} tensors`;
  bad(
    `has ${count} that ${architecture} does not use: ${listNames(others)}; ` +
      `it is of another network, whose answers ${architecture} would not give`,
  );
}

/** Names several networks beside each other; or the prefix that most names have, and the names without it, which kept it from being stripped. */
export function straysFrom(shapes: Shapes): string {
  const several = prefixesOfNetworks(shapes);
  if (several.length > 1) {
    return ` (it has networks under ${several.map((prefix) => `'${shown(prefix)}'`).join(' and ')}; store one of them alone)`;
  }
  const aside = namesAside(new Map([...shapes].map(([name, shape]) => [name, { shape }])));
  const names = [...shapes.keys()].filter((name) => !aside.has(name));
  const match = names.map((name) => /^(.*?)(?:conv1|layer1\.0\.conv1)\.weight$/.exec(name)?.[1]).find(Boolean);
  if (match === undefined) return '';
  const strays = names.filter((name) => !name.startsWith(match));
  if (!strays.length || strays.length >= names.length / 2) return '';
  return ` (most names begin with '${match}', which is stripped only if all do; these do not: ${listNames(strays)})`;
}
