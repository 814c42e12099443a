import type { Command, CommandEntry, CommandGroup, CommandList } from './command.ts';
import { type Flag, type FlagTable, spelling } from './flags.ts';
import type { Output } from './terminal.ts';

/** The layout of help texts. */
export interface HelpStyle {
  /** Columns of a line. */
  readonly width: number;
  readonly bold: boolean;
}

/** The layout in a file or a pipe. */
const PLAIN: HelpStyle = { width: 100, bold: false };
const [LEAST_WIDTH, MOST_WIDTH] = [40, 120];
const LEFT_WIDTH = 24;
/** Minimum width of the second column; with less room its text goes to a new line. */
const LEAST_RIGHT_WIDTH = 30;

/** The layout for an output. Headings are bold only on a terminal with colors, unless NO_COLOR is set. */
export function helpStyleOf(output: Output): HelpStyle {
  if (!output.isTTY) return PLAIN;
  const width = Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, output.columns || PLAIN.width));
  // hasColors() knows NO_COLOR and the terminal's abilities.
  return { width, bold: output.hasColors?.() ?? false };
}

const head = (text: string, { bold }: HelpStyle): string => (bold ? `\x1b[1m${text}\x1b[22m` : text);

/** Wraps `text` into lines of at most `width`; the first line starts at column `indent`. */
function wrap(text: string, indent: number, { width }: HelpStyle): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line && indent + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** Two columns. The second is wrapped; an entry too long for the first has its own line. */
function columns(rows: readonly (readonly [string, string])[], style: HelpStyle): string {
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= LEFT_WIDTH);
  const width = Math.max(0, ...fitting);
  const isNarrow = style.width - width - 4 < LEAST_RIGHT_WIDTH;
  const indent = isNarrow ? 6 : width + 4;
  return rows
    .map(([left, right]) => {
      const isApart = isNarrow || left.length > width;
      const gap = isApart ? `\n${' '.repeat(indent)}` : ' '.repeat(width - left.length + 2);
      return `  ${left}${right && gap}${wrap(right, indent, style)}\n`;
    })
    .join('');
}

const section = (title: string, rows: readonly (readonly [string, string])[], style: HelpStyle): string =>
  rows.length ? `\n${head(title, style)}\n${columns(rows, style)}` : '';

function flagRow(name: string, flag: Flag): readonly [string, string] {
  if (flag.kind === 'boolean') return [`${flag.short ? `-${flag.short}, ` : ''}${spelling(name, flag)}`, flag.help];
  const isNumber = flag.kind === 'choice' && flag.choices.every((choice) => /^\d+$/.test(choice));
  const value = flag.kind === 'choice' ? (isNumber ? 'N' : 'NAME') : flag.value;
  const choices = flag.kind === 'choice' ? `: ${flag.choices.join(', ')}` : '';
  const fallback = flag.default === undefined ? '' : ` (default ${flag.default})`;
  return [`${spelling(name, flag)} ${value}`, flag.help + choices + fallback];
}

/** The examples: each call, and below it what it does. */
function exampleSection(examples: Command['examples'], style: HelpStyle): string {
  if (!examples.length) return '';
  // Calls are not wrapped, so that they can be copied.
  const lines = examples.map(([call, help]) => `  ${call}\n${help && `      ${wrap(help, 6, style)}\n`}`);
  return `\n${head('Examples', style)}\n${lines.join('')}`;
}

const usage = (text: string, style: HelpStyle): string =>
  `\n${head('Usage:', style)} ${wrap(`resnet-coco ${text}`, 'Usage: '.length, style)}\n`;

function flagSections(flags: FlagTable, style: HelpStyle): string {
  const groups = new Map<string, (readonly [string, string])[]>();
  for (const [name, flag] of Object.entries(flags)) {
    const group = flag.group ?? 'Flags';
    groups.set(group, [...(groups.get(group) ?? []), flagRow(name, flag)]);
  }
  return [...groups].map(([title, rows]) => section(title, rows, style)).join('');
}

const summaries = (entries: Readonly<Record<string, CommandEntry | CommandGroup>>) =>
  Object.entries(entries).map(([name, entry]) => [name, entry.summary] as const);

/** `resnet-coco --help`. */
export function programHelp(commands: CommandList, version: string, style: HelpStyle = PLAIN): string {
  return [
    `${wrap(`resnet-coco ${version}: COCO object detection and image classification with ResNet backbones`, 0, style)}\n`,
    usage('<command> [flags]', style),
    ...Object.entries(commands).map(([heading, entries]) => section(heading, summaries(entries), style)),
    exampleSection(
      [
        ['resnet-coco detect photos --out detected', 'find objects in a folder, draw them, write a page'],
        ['resnet-coco classify dog.jpg --top 3', 'the three most probable classes'],
        ['resnet-coco detect photos --json > objects.json', 'results for another program'],
      ],
      style,
    ),
    section(
      'Exit codes',
      [
        ['0', 'all done'],
        ['1', 'done, but some inputs failed; each is listed on stderr'],
        ['2', 'the call itself is wrong: usage, a missing file, an unreadable model'],
        ['130', 'interrupted; what was finished is saved'],
      ],
      style,
    ),
    `\n${wrap('resnet-coco help <command> describes a command; resnet-coco version prints the version.', 0, style)}\n`,
  ].join('');
}

/** `resnet-coco models --help`. */
export const groupHelp = (name: string, group: CommandGroup, style: HelpStyle = PLAIN): string =>
  [
    `${wrap(`resnet-coco ${name}: ${group.summary}`, 0, style)}\n`,
    usage(`${name} <${Object.keys(group.subcommands).join('|')}> [flags]`, style),
    section('Commands', summaries(group.subcommands), style),
    `\n${wrap(`resnet-coco ${name} <command> --help describes a command.`, 0, style)}\n`,
  ].join('');

/** `resnet-coco detect --help`. `flags`: the command's own and the general ones. */
export function commandHelp(name: string, command: Command, flags: FlagTable, style: HelpStyle = PLAIN): string {
  const { positionals, examples, details = [] } = command;
  return [
    `${wrap(command.summary, 0, style)}\n`,
    usage(`${name} ${positionals.usage}${positionals.usage && ' '}[flags]`, style),
    section('Arguments', positionals.help, style),
    flagSections(flags, style),
    ...details.map((paragraph) => `\n${wrap(paragraph, 0, style)}\n`),
    exampleSection(examples, style),
  ].join('');
}
