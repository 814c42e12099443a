import type { Random } from '../../io/random.ts';

const below = (random: Random, end: number): number => Math.floor(random.uniform(0, end));
export const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)];

/** Numbers at the limits of what formats store. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Damages bytes in a few places: flips, overwrites, cuts, repeats or moves them. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  const times = pick(random, [1, 1, 2, 4, 16]);
  for (let i = 0; i < times && changed.length > 0; i++) changed = pick(random, byteMutations)(random, changed);
  return changed;
}

/** A random position; half of them are in the first 512 bytes, where headers are. */
function place(random: Random, bytes: Buffer): number {
  const end = random.uniform() < 0.5 ? Math.min(bytes.length, 512) : bytes.length;
  return below(random, end);
}

const byteMutations: readonly ((random: Random, bytes: Buffer) => Buffer)[] = [
  (random, bytes) => {
    bytes[place(random, bytes)] ^= 1 << below(random, 8);
    return bytes;
  },
  (random, bytes) => {
    bytes[place(random, bytes)] = random.bits() & 0xff;
    return bytes;
  },
  (random, bytes) => {
    const [at, width, value] = [place(random, bytes), pick(random, [2, 4]), pick(random, EDGES)];
    if (at + width > bytes.length) return bytes;
    const clipped = width === 2 ? value & 0xffff : value;
    if (random.uniform() < 0.5) bytes.writeUIntLE(clipped, at, width);
    else bytes.writeUIntBE(clipped, at, width);
    return bytes;
  },
  (random, bytes) => bytes.subarray(0, below(random, bytes.length + 1)),
  (random, bytes) => {
    const [at, length] = [place(random, bytes), below(random, 64)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (random, bytes) => {
    const [from, to, length] = [place(random, bytes), place(random, bytes), below(random, 256)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + length), bytes.subarray(to)]);
  },
  (random, bytes) => {
    const [at, length] = [place(random, bytes), below(random, 32)];
    bytes.subarray(at, at + length).fill(pick(random, [0, 0xff, random.bits() & 0xff]));
    return bytes;
  },
];

const NUMBERS = ['0', '-1', '1.5', '1e300', '1e-300', '2147483648', '4294967296', '9007199254740993', '1e9', '100000'];
const WORDS = [
  '',
  'null',
  'NaN',
  '-Infinity',
  'a\0b',
  'x'.repeat(300),
  '../../x',
  '__proto__',
  '\u202e',
  '&a *a',
  '<a>',
];
const OPENINGS = ['[', '{', '- ', '<a>', '"', '(', '&a ', '? ', '<!--'];

/** Replaces, repeats or leaves out a few numbers, words or lines of a text, or damages its bytes. */
export function mutateText(random: Random, text: string): Buffer {
  let changed = text;
  for (let i = pick(random, [1, 1, 2, 4]); i > 0; i--) changed = pick(random, textMutations)(random, changed);
  const bytes = Buffer.from(changed);
  return random.uniform() < 0.2 && bytes.length > 0 ? mutateBytes(random, bytes) : bytes;
}

/** Replaces one of the matches. */
function replaceOne(random: Random, text: string, pattern: RegExp, replacement: string): string {
  const matches = [...text.matchAll(pattern)];
  if (!matches.length) return text;
  const { 0: match, index } = pick(random, matches);
  return text.slice(0, index) + replacement + text.slice(index + match.length);
}

const textMutations: readonly ((random: Random, text: string) => string)[] = [
  (random, text) => replaceOne(random, text, /-?\d+(\.\d+)?/g, pick(random, NUMBERS)),
  (random, text) => replaceOne(random, text, /[a-z_]{2,}/gi, pick(random, WORDS)),
  (random, text) => replaceOne(random, text, /[a-z_]{2,}/gi, pick(random, NUMBERS)),
  (random, text) => {
    const lines = text.split('\n');
    const [from, to] = [below(random, lines.length), below(random, lines.length)];
    return lines.toSpliced(to, random.uniform() < 0.5 ? 1 : 0, lines[from]).join('\n');
  },
  (random, text) => {
    const at = below(random, text.length + 1);
    return text.slice(0, at) + pick(random, OPENINGS).repeat(pick(random, [1, 2, 100, 20_000])) + text.slice(at);
  },
];

const nested = (depth: number): unknown => (depth ? [nested(depth - 1)] : 1);
export const VALUES: readonly unknown[] = [
  ...NUMBERS.map(Number),
  ...WORDS,
  null,
  true,
  [],
  {},
  [[]],
  [null],
  nested(50),
  Array(5000).fill(0),
  { size: [1e9, 1e9], counts: [1] },
  { size: [2, 2], counts: 'zz' },
];

/** Replaces, repeats or leaves out a few values within a JSON value. */
export function mutateJson(random: Random, value: unknown, values = VALUES): unknown {
  const changed = structuredClone(value);
  for (let i = pick(random, [1, 1, 2, 4]); i > 0; i--) {
    const places = containers(changed);
    const container = pick(random, places) as Record<string, unknown>;
    const key = pick(random, Object.keys(container));
    if (key === undefined) continue;
    const action = random.uniform();
    if (action < 0.15) delete container[key];
    else if (action < 0.25) container[key] = structuredClone(container[pick(random, Object.keys(container))]);
    else container[key] = structuredClone(pick(random, values));
  }
  return changed;
}

/** The lists and objects in a value, including itself. */
function containers(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containers)];
}
