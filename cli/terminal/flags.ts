import { parseArgs } from 'node:util';
import { ResnetCocoError } from '../../errors.ts';
import { nearestName } from '../../io/nearest.ts';

interface FlagText {
  /** One line of `--help`. */
  readonly help: string;
  /** The heading under which `--help` lists the flag. */
  readonly group?: string;
  /** A former name, which still works. */
  readonly alias?: string;
}

/** Off unless given; with `default: true` it is on, and `--no-NAME` turns it off. */
export interface BooleanFlag extends FlagText {
  readonly kind: 'boolean';
  readonly default?: true;
  readonly short?: string;
}

/** `min` and `max` are inclusive; `value` is what `--help` calls the value. */
export interface NumberFlag extends FlagText {
  readonly kind: 'integer' | 'number';
  readonly value: string;
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

export interface TextFlag extends FlagText {
  readonly kind: 'text';
  readonly value: string;
  readonly default?: string;
}

/** May be given several times; all values count. */
export interface TextsFlag extends FlagText {
  readonly kind: 'texts';
  readonly value: string;
  readonly default?: undefined;
}

export interface ChoiceFlag extends FlagText {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default?: string;
}

export type Flag = BooleanFlag | NumberFlag | TextFlag | TextsFlag | ChoiceFlag;

/** The flags of a command by long name. */
export type FlagTable = Readonly<Record<string, Flag>>;

type Given<F extends Flag> = F extends NumberFlag ? number : F extends ChoiceFlag ? F['choices'][number] : string;

type ValueOf<F extends Flag> = F extends BooleanFlag
  ? boolean
  : F extends TextsFlag
    ? readonly string[]
    : F extends { readonly default: string | number }
      ? Given<F>
      : Given<F> | undefined;

/** The values of the flags. A boolean flag, or a flag with a default, is never undefined. */
export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

export interface ParsedArguments<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  readonly positionals: readonly string[];
}

const usage = (message: string): ResnetCocoError => new ResnetCocoError('USAGE', message);

const integerPattern = /^[+-]?\d+$/;
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What a value must be, for error messages. */
function describe(flag: Exclude<Flag, BooleanFlag>): string {
  if (flag.kind === 'text' || flag.kind === 'texts') return flag.value;
  if (flag.kind === 'choice') return `one of ${flag.choices.join(', ')}`;
  const noun = flag.kind === 'integer' ? 'a whole number' : 'a number';
  if (flag.min !== undefined && flag.max !== undefined) return `${noun} from ${flag.min} to ${flag.max}`;
  if (flag.min !== undefined) return `${noun} of at least ${flag.min}`;
  return flag.max === undefined ? noun : `${noun} of at most ${flag.max}`;
}

function readValue(name: string, flag: Exclude<Flag, BooleanFlag>, text: string): string | number {
  const wrong = (hint = ''): ResnetCocoError => usage(`--${name} wants ${describe(flag)}, got '${text}'${hint}`);
  if (flag.kind === 'text' || flag.kind === 'texts') {
    if (!text) throw wrong();
    return text;
  }
  if (flag.kind === 'choice') {
    if (!flag.choices.includes(text)) throw wrong(`; the nearest is '${nearestName(text, flag.choices)}'`);
    return text;
  }
  const value = Number(text);
  const wellFormed = (flag.kind === 'integer' ? integerPattern : numberPattern).test(text);
  const exact = flag.kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!wellFormed || !exact || value < (flag.min ?? -Infinity) || value > (flag.max ?? Infinity)) throw wrong();
  return value;
}

/** How a flag is written on the command line: `--top`, `--no-pictures`. */
export const spelling = (name: string, flag: Flag): string =>
  flag.kind === 'boolean' && flag.default ? `--no-${name}` : `--${name}`;

/**
 * Reads a command's arguments: `--flag value`, `--flag=value`, and `--`, after which nothing is a flag. If a flag is
 * repeated, the last value counts, unless the flag takes several.
 *
 * @throws USAGE when a flag is unknown (the message names the nearest one), or a value is missing or wrong
 */
export function parseFlags<T extends FlagTable>(table: T, args: readonly string[]): ParsedArguments<T> {
  // By spelling and not by name, so that only meaningful forms are accepted: `--no-pictures`, but neither `--pictures`
  // nor `--no-json`.
  const bySpelling = new Map(Object.entries(table).map(([name, flag]) => [spelling(name, flag), { name, flag }]));
  for (const [name, flag] of Object.entries(table)) {
    if (flag.kind === 'boolean' && flag.short) bySpelling.set(`-${flag.short}`, { name, flag });
    if (flag.alias) bySpelling.set(`--${flag.alias}`, { name, flag });
  }
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(table).flatMap(([name, flag]) =>
        [name, flag.alias ?? name].map((known) => [known, { type: flag.kind === 'boolean' ? 'boolean' : 'string' }]),
      ),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const values: Record<string, string | number | boolean | readonly string[] | undefined> = {};
  const several: Record<string, string[]> = {};
  for (const [name, flag] of Object.entries(table)) {
    if (flag.kind === 'texts') values[name] = several[name] = [];
    else values[name] = flag.default ?? (flag.kind === 'boolean' ? false : undefined);
  }
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const entry = bySpelling.get(token.rawName);
    if (!entry) {
      const spellings = Object.entries(table).map(([name, flag]) => spelling(name, flag));
      const nearest = nearestName(
        token.name,
        spellings.map((known) => known.slice('--'.length)),
      );
      throw usage(`unknown flag '${token.rawName}'; the nearest known one is '--${nearest}'`);
    }
    const { name, flag } = entry;
    if (flag.kind === 'boolean') {
      if (token.value !== undefined) throw usage(`${token.rawName} takes no value, got '${token.value}'`);
      values[name] = !flag.default;
    } else {
      const isFlag = !token.inlineValue && /^--?[a-z]/i.test(token.value ?? '');
      if (token.value === undefined || isFlag) {
        throw usage(`--${name} must be followed by ${describe(flag)}`);
      }
      const value = readValue(name, flag, token.value);
      if (flag.kind === 'texts') several[name].push(`${value}`);
      else values[name] = value;
    }
  }
  return { flags: values as FlagValues<T>, positionals };
}

/**
 * The value of a flag that the command needs.
 *
 * @throws USAGE when the flag is missing
 */
export function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw usage(`--${name} is missing: the command needs it`);
  return value;
}
