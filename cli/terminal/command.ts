import type { FlagTable, FlagValues } from './flags.ts';
import { inFlags } from './in-flags.ts';
import type { Terminal } from './terminal.ts';

/** The arguments of a command's `run`. */
export interface Invocation<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C: finish what is in flight, save, return. */
  readonly signal: AbortSignal;
}

/** 0: all done. 1: done, but some inputs failed. (A thrown error gives 2, an interruption 130.) */
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
  /** The command runs until it is stopped. Stopping is no interruption: the exit code is what `run` returns. */
  readonly endsWhenStopped?: true;
  run(invocation: Invocation<T>): Promise<ExitCode>;
}

/** A command in the list of all commands. It is loaded only when it is called. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** A command that has subcommands, such as `models`. */
export interface CommandGroup {
  readonly summary: string;
  readonly subcommands: Readonly<Record<string, CommandEntry>>;
}

/** The commands under each heading. */
export type CommandList = Readonly<Record<string, Readonly<Record<string, CommandEntry | CommandGroup>>>>;

/** Checks a command's definition with its own flag types, and returns it as a general command, whose errors name flags. */
export const command = <T extends FlagTable>(definition: Command<T>): Command =>
  ({
    ...definition,
    async run(invocation: Invocation<T>) {
      try {
        return await definition.run(invocation);
      } catch (error) {
        throw inFlags(error, definition.flags, invocation.flags);
      }
    },
  }) as unknown as Command<FlagTable>;

export const noPositionals: Positionals = { usage: '', min: 0, max: 0, help: [] };
