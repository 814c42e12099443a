import type { FlagTable, FlagValues } from './flags.ts';
import type { Terminal } from './terminal.ts';

/** What a command's `run` is given. */
export interface Invocation<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C: finish what is in flight, save, return. */
  readonly signal: AbortSignal;
}

/** 0: all done. 1: done, but some inputs failed. (2 is an error thrown; 130 an interruption.) */
export type ExitCode = 0 | 1;

export interface Positionals {
  /** As `--help` shows them, such as `<paths...>`. */
  readonly usage: string;
  readonly min: number;
  readonly max: number;
  readonly help: readonly (readonly [name: string, help: string])[];
}

export interface Command<T extends FlagTable = FlagTable> {
  readonly summary: string;
  /** Paragraphs shown after the flags. */
  readonly details?: readonly string[];
  readonly positionals: Positionals;
  readonly flags: T;
  readonly examples: readonly (readonly [call: string, help: string])[];
  /** It runs until it is stopped, which is no interruption: its exit code is what `run` returns. */
  readonly endsWhenStopped?: true;
  run(invocation: Invocation<T>): Promise<ExitCode>;
}

/** A command in the list of all: loaded only when it is called. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** A command that has subcommands, such as `models`. */
export interface CommandGroup {
  readonly summary: string;
  readonly subcommands: Readonly<Record<string, CommandEntry>>;
}

/** Headings, and the commands under each. */
export type CommandList = Readonly<Record<string, Readonly<Record<string, CommandEntry | CommandGroup>>>>;

/** Keeps a command's flag types while making it one of many. */
export const command = <T extends FlagTable>(definition: Command<T>): Command =>
  definition as unknown as Command<FlagTable>;

export const noPositionals: Positionals = { usage: '', min: 0, max: 0, help: [] };
