import { basename, dirname, extname, resolve } from 'node:path';
import {
  architectureOf,
  type DetectorConfig,
  type DetectorSummary,
  detectorParameterCount,
  detectorTitle,
} from '../../detection/index.ts';
import { shownThreshold } from '../../eval/index.ts';
import { type RunConfig, readLog, readRunConfig, runFiles, writeModelCard } from '../../training/index.ts';
import { stepSettings } from '../../training/optimization-fields.ts';
import { reportFiles } from './report-files.ts';
import { runFacts } from './training-card.ts';
import { percent } from './training-progress.ts';

/** The fields of a run's configuration that determine what a detector learns. */
const RECIPE = [
  ...['epochs', 'batch', 'accumulate', 'recipe', 'aspect_ratio_group_factor', ...stepSettings],
  ...['init', 'training'],
];

/** The name of a data set, from its annotations: the folder, or a file in its folder. Also resolves `.`. */
export function annotationsName(path: string): string {
  const whole = resolve(path);
  return extname(whole) ? `${basename(dirname(whole))}/${basename(whole)}` : basename(whole);
}

/**
 * Writes the card of a run's detector from the files of the run.
 *
 * @param dataset the training set
 */
export async function writeDetectorCard(
  folder: string,
  dataset: string,
  { best, seconds }: DetectorSummary,
): Promise<void> {
  const { last, log } = runFiles(folder);
  const config = (await readRunConfig(last)) as RunConfig & Readonly<Record<string, unknown>>;
  const model = config.model as unknown as DetectorConfig;
  const { categories, fpn_out_channels } = model;
  const hasPyramid = !('feature_maps' in model) || model.feature_maps === 'fpn';
  const maps = hasPyramid ? `, feature pyramid of ${fpn_out_channels} channels` : '';
  const images = (of: unknown) =>
    (of as { readonly images: number; readonly usable?: number } | undefined) ?? { images: 0 };
  const trained = images(config.dataset);
  const evaluations = readLog(log).filter(({ split, values }) => split === 'val' && values.AP !== undefined);
  const final = evaluations[evaluations.length - 1];
  const start = config.init === undefined ? 'from scratch' : `from ${config.init}`;
  const names = categories.slice(0, 5).map(({ name }) => name);
  const listed = `${names.join(', ')}${categories.length > names.length ? ` and ${categories.length - names.length} more` : ''}`;
  await writeModelCard(reportFiles(folder).card, {
    name: basename(folder),
    summary: `${detectorTitle(model)}, trained ${start} by resnet-coco, finds ${listed}.`,
    architecture: `${architectureOf(model).title(model)}, ${model.backbone}${maps}`,
    parameters: detectorParameterCount(model),
    data: {
      name: dataset,
      license: 'not stated',
      trainImages: trained.usable ?? trained.images,
      evaluationImages: images(config.evaluated_on).images,
    },
    results: [
      ...(best ? [{ metric: `AP, best (epoch ${best.epoch})`, value: percent(best.AP) }] : []),
      ...(best?.AP50 === undefined ? [] : [{ metric: 'AP50, same weights', value: percent(best.AP50) }]),
      ...(best?.best_score === undefined
        ? []
        : [
            {
              metric: `score threshold of the highest F1 (${percent(best.F1)})`,
              value: `${shownThreshold(best.best_score)}`,
            },
          ]),
      ...(final ? [{ metric: 'AP, last epoch', value: percent(final.values.AP) }] : []),
    ],
    ...runFacts(config, 'detector', RECIPE),
    curve: { metric: 'AP', values: evaluations.map(({ values }) => values.AP) },
    seconds,
  });
}
