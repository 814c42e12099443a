import { ResnetCocoError } from '../errors.ts';
import { namesAside } from './aside.ts';
import { refuseDialect } from './dialects/table.ts';
import type { Shapes } from './shapes.ts';

type TensorShapes = Readonly<Record<string, readonly number[]>>;

/** Names as a message holds them: three of them, and how many more. */
export const listNames = (names: readonly string[]): string =>
  `${names
    .slice(0, 3)
    .map((name) => (name.length > 100 ? `${name.slice(0, 100)}…` : name))
    .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;

/** Tensors that a network does not use, those aside left out. */
export function strangers(shapes: Shapes, needed: TensorShapes): string[] {
  const aside = namesAside(new Map([...shapes].map(([name, shape]) => [name, { shape }])));
  return [...shapes.keys()].filter((name) => !Object.hasOwn(needed, name) && !aside.has(name));
}

/**
 * Compares a checkpoint's tensors with those that an architecture needs: all of those, in their shapes, and no others
 * but what training leaves beside them.
 *
 * @throws ResnetCocoError BAD_MODEL, naming the first tensors that are missing, of another shape or of no use
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

/** Where most names have a prefix, but not all, which: that is why it was not stripped. */
export function straysFrom(shapes: Shapes): string {
  const aside = namesAside(new Map([...shapes].map(([name, shape]) => [name, { shape }])));
  const names = [...shapes.keys()].filter((name) => !aside.has(name));
  const match = names.map((name) => /^(.*?)(?:conv1|layer1\.0\.conv1)\.weight$/.exec(name)?.[1]).find(Boolean);
  if (match === undefined) return '';
  const strays = names.filter((name) => !name.startsWith(match));
  if (!strays.length || strays.length >= names.length / 2) return '';
  return ` (most names begin with '${match}', which is stripped only where all do; not so ${listNames(strays)})`;
}
