import { inspect } from 'node:util';
import { ResnetCocoError } from '../../errors.ts';
import { nearestName } from '../../io/nearest.ts';
import { packageVersion } from '../../io/package-version.ts';
import { printable } from '../../io/printable.ts';
import type { Command, CommandEntry, CommandGroup, CommandList } from './command.ts';
import { type FlagTable, parseFlags } from './flags.ts';
import { commandHelp, groupHelp, helpStyleOf, programHelp } from './help.ts';
import { INTERRUPTED, stopOnSignal } from './interrupt.ts';
import { generalFlags } from './shared-flags.ts';
import { oneLine, Terminal } from './terminal.ts';

/** Exit code for a wrong call: usage, a missing file, an unreadable model. */
const WRONG_CALL = 2;

const usage = (message: string): ResnetCocoError => new ResnetCocoError('USAGE', message);

/** Whether one of the flags is given before `--`; what follows `--` is a file, whatever its name. */
function asksFor(args: readonly string[], ...names: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).some((arg) => names.includes(arg));
}

function pick<T>(entries: Readonly<Record<string, T>>, name: string, path: string): T {
  if (Object.hasOwn(entries, name)) return entries[name];
  const help = `(see resnet-coco ${path}--help)`;
  if (name.startsWith('-')) {
    throw usage(`unknown flag '${name}': only --help and --version may stand before the command ${help}`);
  }
  const nearest = nearestName(name, Object.keys(entries));
  throw usage(`unknown command '${path}${name}'; the nearest known one is '${path}${nearest}' ${help}`);
}

function parseArguments(name: string, command: Command, flags: FlagTable, args: readonly string[]) {
  try {
    const parsed = parseFlags(flags, args);
    const { usage: wanted, min, max } = command.positionals;
    const count = parsed.positionals.length;
    if (count < min) throw usage(`${name} wants ${wanted}, got ${count || 'nothing'}`);
    if (count > max)
      throw usage(`${name} takes ${wanted || 'no arguments'}: '${parsed.positionals[max]}' is one too many`);
    return parsed;
  } catch (error) {
    if (error instanceof ResnetCocoError) throw usage(`${error.message} (see resnet-coco ${name} --help)`);
    throw error;
  }
}

async function runCommand(name: string, command: Command, args: readonly string[]): Promise<number> {
  const table: FlagTable = { ...command.flags, ...generalFlags };
  if (asksFor(args, '--help', '-h')) {
    await new Terminal().writeStyled(commandHelp(name, command, table, helpStyleOf(process.stdout)));
    return 0;
  }
  const parsed = parseArguments(name, command, table, args);
  const terminal = new Terminal({ quiet: parsed.flags.quiet === true });
  const controller = new AbortController();
  const { signal } = controller;
  const release = stopOnSignal(controller, () =>
    terminal.report('stopping: finishing and saving the work in flight; a second Ctrl-C ends at once'),
  );
  // A reader such as `head` has closed the pipe: stop as for Ctrl-C, but silently.
  process.stdout.once('error', () => controller.abort());
  try {
    // A command gets its own flags, which it may hand on as options.
    const own = Object.entries(parsed.flags).filter(([flag]) => Object.hasOwn(command.flags, flag));
    const { positionals } = parsed;
    const code = await command.run({ flags: Object.fromEntries(own), positionals, terminal, signal });
    return signal.aborted && !command.endsWhenStopped ? INTERRUPTED : code;
  } catch (error) {
    if (signal.aborted && error instanceof Error && error.name === 'AbortError') return INTERRUPTED;
    throw error;
  } finally {
    release();
  }
}

async function dispatch(commands: CommandList, args: readonly string[]): Promise<number> {
  const all: Readonly<Record<string, CommandEntry | CommandGroup>> = Object.assign({}, ...Object.values(commands));
  // `resnet-coco help detect` is `resnet-coco detect --help`.
  const [name, ...rest] = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  if (name === undefined) {
    process.stderr.write(programHelp(commands, packageVersion(), helpStyleOf(process.stderr)));
    return WRONG_CALL;
  }
  if (name === '--help' || name === '-h') {
    await new Terminal().writeStyled(programHelp(commands, packageVersion(), helpStyleOf(process.stdout)));
    return 0;
  }
  if (name === 'version' || name === '--version' || name === '-v') {
    await new Terminal().write(`${packageVersion()}\n`);
    return 0;
  }
  const entry = pick(all, name, '');
  if ('load' in entry) return runCommand(name, await entry.load(), rest);
  const [subcommand, ...others] = rest;
  if (subcommand === undefined) {
    process.stderr.write(groupHelp(name, entry, helpStyleOf(process.stderr)));
    return WRONG_CALL;
  }
  if (subcommand === '--help' || subcommand === '-h') {
    await new Terminal().writeStyled(groupHelp(name, entry, helpStyleOf(process.stdout)));
    return 0;
  }
  const { load } = pick(entry.subcommands, subcommand, `${name} `);
  return runCommand(`${name} ${subcommand}`, await load(), others);
}

function errorLine(error: unknown): string {
  if (error instanceof ResnetCocoError) return error.message;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `unexpected ${text} (--verbose shows where)`;
}

/** Runs the command that `args` name, reports its error in one line, and ends the process with its exit code. */
export async function runProgram(commands: CommandList, args: readonly string[]): Promise<never> {
  const report = (error: unknown): void => {
    process.stderr.write(`resnet-coco: ${oneLine(errorLine(error))}\n`);
    if (asksFor(args, '--verbose')) process.stderr.write(`${printable(inspect(error))}\n`);
  };
  // Terminal handles failed writes; without listeners they would also end the process.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  process.on('uncaughtException', (error) => {
    report(error);
    process.exit(WRONG_CALL);
  });
  let code: number;
  try {
    code = await dispatch(commands, args);
  } catch (error) {
    report(error);
    code = WRONG_CALL;
  }
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit(code);
}
