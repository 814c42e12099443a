import type { Command, CommandEntry, CommandGroup, CommandList } from './command.ts';
import { type Flag, type FlagTable, spelling } from './flags.ts';

const WIDTH = 100;
const LEFT_WIDTH = 24;

/** Words of `text` in lines of at most `width`, the first at `indent` already. */
function wrap(text: string, indent: number, width = WIDTH): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line && indent + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** Two columns, the second wrapped; what is too long for the first has a line to itself. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= LEFT_WIDTH);
  const width = Math.max(0, ...fitting);
  return rows
    .map(([left, right]) => {
      const gap = left.length > width ? `\n${' '.repeat(width + 4)}` : ' '.repeat(width - left.length + 2);
      return `  ${left}${right && gap}${wrap(right, width + 4)}\n`;
    })
    .join('');
}

const section = (title: string, rows: readonly (readonly [string, string])[]): string =>
  rows.length ? `\n${title}\n${columns(rows)}` : '';

function flagRow(name: string, flag: Flag): readonly [string, string] {
  if (flag.kind === 'boolean') return [`${flag.short ? `-${flag.short}, ` : ''}${spelling(name, flag)}`, flag.help];
  const value = flag.kind === 'choice' ? 'NAME' : flag.value;
  const choices = flag.kind === 'choice' ? `: ${flag.choices.join(', ')}` : '';
  const fallback = flag.default === undefined ? '' : ` (default ${flag.default})`;
  return [`${spelling(name, flag)} ${value}`, flag.help + choices + fallback];
}

/** A call, and below it what it is for. */
const exampleSection = (examples: Command['examples']): string =>
  examples.length
    ? `\nExamples\n${examples.map(([call, help]) => `  ${call}\n${help && `      ${help}\n`}`).join('')}`
    : '';

function flagSections(flags: FlagTable): string {
  const groups = new Map<string, (readonly [string, string])[]>();
  for (const [name, flag] of Object.entries(flags)) {
    const group = flag.group ?? 'Flags';
    groups.set(group, [...(groups.get(group) ?? []), flagRow(name, flag)]);
  }
  return [...groups].map(([title, rows]) => section(title, rows)).join('');
}

const summaries = (entries: Readonly<Record<string, CommandEntry | CommandGroup>>) =>
  Object.entries(entries).map(([name, entry]) => [name, entry.summary] as const);

/** `resnet-coco --help`. */
export function programHelp(commands: CommandList, version: string): string {
  return [
    `resnet-coco ${version}: COCO object detection and image classification with ResNet backbones\n`,
    '\nUsage: resnet-coco <command> [flags]\n',
    ...Object.entries(commands).map(([heading, entries]) => section(heading, summaries(entries))),
    exampleSection([
      ['resnet-coco detect photos --out detected', 'find objects in a folder, draw them, write a page'],
      ['resnet-coco classify dog.jpg --top 3', 'the three most probable classes'],
      ['resnet-coco detect photos --json > objects.json', 'results for another program'],
    ]),
    section('Exit codes', [
      ['0', 'all done'],
      ['1', 'done, but some inputs failed; each is listed on stderr'],
      ['2', 'the call itself is wrong: usage, a missing file, an unreadable model'],
      ['130', 'interrupted; what was finished is saved'],
    ]),
    '\nresnet-coco <command> --help tells more of each; --version prints the version.\n',
  ].join('');
}

/** `resnet-coco models --help`. */
export const groupHelp = (name: string, group: CommandGroup): string =>
  [
    `resnet-coco ${name}: ${group.summary}\n`,
    `\nUsage: resnet-coco ${name} <${Object.keys(group.subcommands).join('|')}> [flags]\n`,
    section('Commands', summaries(group.subcommands)),
    `\nresnet-coco ${name} <command> --help tells more of each.\n`,
  ].join('');

/** `resnet-coco detect --help`; `flags` are the command's and those that every command has. */
export function commandHelp(name: string, command: Command, flags: FlagTable): string {
  const { positionals, examples, details = [] } = command;
  return [
    `${wrap(command.summary, 0)}\n`,
    `\nUsage: resnet-coco ${name} ${positionals.usage}${positionals.usage && ' '}[flags]\n`,
    section('Arguments', positionals.help),
    flagSections(flags),
    ...details.map((paragraph) => `\n${wrap(paragraph, 0)}\n`),
    exampleSection(examples),
  ].join('');
}
