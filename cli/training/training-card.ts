import { cpus } from 'node:os';
import { basename } from 'node:path';
import {
  classifierParameters,
  parameterCount,
  parseClassifierConfig,
  planClassifier,
  type TrainingSummary,
} from '../../backbone/index.ts';
import { knownDatasets } from '../../datasets/known/known-datasets.ts';
import { commandLine, type RunConfig, readLog, readRunConfig, runFiles, writeModelCard } from '../../training/index.ts';
import { stepSettings } from '../../training/optimization-fields.ts';
import { reportFiles } from './report-files.ts';
import { percent } from './training-progress.ts';

interface DatasetNote {
  readonly name: string;
  readonly classes: number;
  readonly images: number;
}

/** The fields of a run's configuration that determine what a network learns. */
const RECIPE = [
  ...['epochs', 'batch', 'recipe', 'resize_size', 'interpolation', 'crop_mode', 'channel_order', ...stepSettings],
  ...['init', 'freeze', 'zero_gamma'],
];

/** The command that trains such a model again. */
function trainingCommand(what: string, flags: Readonly<Record<string, unknown>>): string {
  return `resnet-coco train ${what} ${commandLine(flags)}`.trimEnd();
}

/**
 * The facts about a run on the card of any model.
 *
 * @param config the run's configuration
 * @param what what is trained: `backbone` or `detector`
 * @param recipe fields of `config` that determine what is learned
 */
export function runFacts(config: Readonly<Record<string, unknown>>, what: string, recipe: readonly string[]) {
  return {
    recipe: Object.fromEntries(recipe.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]]))),
    command: trainingCommand(what, (config.command ?? {}) as Readonly<Record<string, unknown>>),
    seed: config.seed as number,
    machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${config.device}`,
  };
}

/** Writes the card of a run's model from the files of the run. */
export async function writeTrainingCard(folder: string, { best, seconds }: TrainingSummary): Promise<void> {
  const { last, log } = runFiles(folder);
  const config = (await readRunConfig(last)) as RunConfig & Readonly<Record<string, unknown>>;
  const dataset = config.dataset as unknown as DatasetNote;
  const evaluated = config.evaluated_on as unknown as DatasetNote;
  const { architecture, shortcut, stem, stride_on } = config;
  const network = parseClassifierConfig(
    { architecture, shortcut, stem, stride_on, num_classes: dataset.classes },
    last,
  );
  const evaluations = readLog(log).filter(({ split, values }) => split === 'val' && values.top1 !== undefined);
  const final = evaluations[evaluations.length - 1];
  const start = config.init === undefined ? 'from scratch' : `from ${config.init}`;
  await writeModelCard(reportFiles(folder).card, {
    name: basename(folder),
    summary: `${architecture}, trained ${start} by resnet-coco, tells ${dataset.classes} classes of ${dataset.name} apart.`,
    architecture:
      network.shortcut === 'none'
        ? network.architecture
        : `${network.architecture}, shortcuts of option ${network.shortcut}`,
    parameters: parameterCount(classifierParameters(planClassifier(network))),
    data: {
      name: dataset.name,
      license: knownDatasets.find(({ name }) => name === dataset.name)?.license ?? 'not stated',
      trainImages: dataset.images,
      evaluationImages: evaluated.images,
    },
    results: [
      ...(best ? [{ metric: `top-1, best (epoch ${best.epoch})`, value: percent(best.top1) }] : []),
      ...(best?.top5 === undefined ? [] : [{ metric: 'top-5, same weights', value: percent(best.top5) }]),
      ...(final ? [{ metric: 'top-1, last epoch', value: percent(final.values.top1) }] : []),
    ],
    ...runFacts(config, 'backbone', RECIPE),
    curve: { metric: 'top-1', values: evaluations.map(({ values }) => values.top1) },
    seconds,
  });
}
