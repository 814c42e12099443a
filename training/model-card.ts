import { writeWholeFile } from '../io/whole-file.ts';
import { settingName, settingValue } from './page/setting-words.ts';

/** Facts about a trained model, for those who use it or train it again. */
export interface ModelCard {
  readonly name: string;
  /** One or two sentences: what the model is, and what it is for. */
  readonly summary: string;
  readonly architecture: string;
  readonly parameters: number;
  /** The license of the weights, if their publisher has chosen one. */
  readonly license?: string;
  readonly data: {
    readonly name: string;
    readonly license: string;
    readonly trainImages: number;
    readonly evaluationImages: number;
  };
  /** Values measured on the evaluation images. */
  readonly results: readonly { readonly metric: string; readonly value: string }[];
  /** The settings of the training, by name. */
  readonly recipe: Readonly<Record<string, unknown>>;
  /** The command that trains the model again. */
  readonly command: string;
  readonly seed: number;
  /** The values of each evaluation, in order. */
  readonly curve: { readonly metric: string; readonly values: readonly number[] };
  readonly seconds: number;
  /** The machine that trained it. */
  readonly machine: string;
}

/**
 * Writes a model card as Markdown.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeModelCard(file: string, card: ModelCard): Promise<void> {
  await writeWholeFile(file, modelCard(card));
}

/** The card's Markdown. */
export function modelCard(card: ModelCard): string {
  const { name, summary, architecture, parameters, license, data, results, recipe, command, seed, curve } = card;
  const sections = [
    `# ${escaped(name)}`,
    escaped(summary),
    markdownTable([
      ['architecture', architecture],
      ['parameters', count(parameters)],
      ...(license === undefined ? [] : [['license', license] as const]),
      ...results.map(({ metric, value }) => [metric, value] as const),
    ]),
    '## Data',
    markdownTable([
      ['data set', data.name],
      ['license', data.license],
      ['training images', count(data.trainImages)],
      ['evaluation images', count(data.evaluationImages)],
    ]),
    '## Training',
    fenced(command),
    markdownTable([
      ...Object.entries(recipe).map(([setting, value]) => [settingName(setting), settingValue(value)] as const),
      ['seed', String(seed)],
      ['time', duration(card.seconds)],
      ['machine', card.machine],
    ]),
    ...curveSection(curve),
  ];
  return `${sections.join('\n\n')}\n`;
}

function curveSection({ metric, values }: ModelCard['curve']): string[] {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return [];
  const [first, last] = [finite[0], finite[finite.length - 1]];
  const caption = `${escaped(metric)} over the run, from ${rounded(first)} to ${rounded(last)}:`;
  return [caption, fenced(sparkline(finite))];
}

const BLOCKS = '▁▂▃▄▅▆▇█';
const MOST_BLOCKS = 60;

/** Draws numbers as a line of block characters. In a long list, each block is the mean of a part. */
export function sparkline(values: readonly number[]): string {
  const length = Math.min(MOST_BLOCKS, values.length);
  const means = Array.from({ length }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / length), Math.floor(((i + 1) * values.length) / length));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [least, greatest] = [Math.min(...means), Math.max(...means)];
  const blockOf = (value: number) =>
    BLOCKS[greatest > least ? Math.round(((value - least) / (greatest - least)) * (BLOCKS.length - 1)) : 0];
  return means.map(blockOf).join('');
}

const count = (number: number): string => number.toLocaleString('en');
const rounded = (value: number): string => String(Number(value.toPrecision(4)));

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Text on one line, with markup escaped. */
export const escaped = (value: string): string =>
  value.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#~&]/g, (character) => `\\${character}`);

export function markdownTable(rows: readonly (readonly [name: string, value: string])[]): string {
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${escaped(name)} | ${escaped(value)} |`)].join('\n');
}

/** Text in a code block. The fence has more backticks than the text has in a row. */
function fenced(content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${content}\n${fence}`;
}
