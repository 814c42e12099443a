import type { CommandEntry, CommandList } from '../terminal/command.ts';
import { type Flag, type FlagTable, spelling } from '../terminal/flags.ts';

/** A word that may come next, and what it means. */
export type Word = readonly [word: string, help: string];

export interface CompletedFlag {
  /** Such as `--help` and `-h`. */
  readonly spellings: readonly string[];
  readonly help: string;
  /** What follows the flag; undefined if nothing does. */
  readonly value?: CompletedValue;
}

/** Words that a value may be, and whether it may be a path. Without either it is a number or a text of one's own. */
export interface CompletedValue {
  readonly words: readonly string[];
  readonly isPath: boolean;
}

/** What may come after the command's name. */
export interface Place {
  readonly words: readonly Word[];
  readonly flags: readonly CompletedFlag[];
  readonly takesPaths: boolean;
}

/** Flags that name a model: a known one, or a file. */
const MODEL_FLAGS = ['model', 'init'];
/** What `--help` calls values that are files or folders. */
const PATHS = /^(DIR|FILE|PATH|F|DATASET)$/;

function completedFlag(name: string, flag: Flag, models: readonly string[]): CompletedFlag {
  const short = flag.kind === 'boolean' && flag.short ? [`-${flag.short}`] : [];
  const { help } = flag;
  const spellings = [spelling(name, flag), ...short];
  if (flag.kind === 'boolean') return { spellings, help };
  if (flag.kind === 'choice') return { spellings, help, value: { words: flag.choices, isPath: false } };
  const isModel = MODEL_FLAGS.includes(name);
  return { spellings, help, value: { words: isModel ? models : [], isPath: isModel || PATHS.test(flag.value) } };
}

/**
 * What may come next, by what the command line has so far: nothing, `detect`, `models`, `models list`. Loads all commands,
 * which know their flags.
 *
 * @param general flags that every command has
 * @param models names of known models
 */
export async function placesOf(
  commands: CommandList,
  general: FlagTable,
  models: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  const entries = Object.values(commands).flatMap((group) => Object.entries(group));
  const summaries = entries.map(([name, { summary }]): Word => [name, summary]);
  places.set('', { words: summaries, flags: [], takesPaths: false });
  const add = async (name: string, { load }: CommandEntry) => {
    const { flags, positionals } = await load();
    // An argument that is one of several words, such as `<bash|zsh|fish>`, or the name of a model.
    const choices = /^<([\w-]+(\|[\w-]+)+)>$/.exec(positionals.usage)?.[1].split('|') ?? [];
    const known = positionals.usage.startsWith('<model>') ? models : [];
    places.set(name, {
      words: [...choices, ...known].map((word) => [word, positionals.help[0][1]]),
      flags: Object.entries({ ...flags, ...general }).map(([flag, of]) => completedFlag(flag, of, models)),
      takesPaths: positionals.max > 0 && !choices.length,
    });
  };
  for (const [name, entry] of entries) {
    if ('load' in entry) {
      await add(name, entry);
      continue;
    }
    const subcommands = Object.entries(entry.subcommands);
    const words = subcommands.map(([sub, { summary }]): Word => [sub, summary]);
    places.set(name, { words, flags: [], takesPaths: false });
    for (const [sub, subcommand] of subcommands) await add(`${name} ${sub}`, subcommand);
  }
  return places;
}
