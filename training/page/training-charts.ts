import { chart, type Line } from '../../eval/report/charts.ts';
import { axisOf, axisTo, entering, type Point, smoothed, thinned } from '../../eval/report/curves.ts';
import { section } from '../../eval/report/page.ts';
import { isOfCategory } from './category-table.ts';
import { shown } from './training-names.ts';
import type { TrainingEntry, TrainingRun } from './training-run.ts';

/** A quantity that a chart shows. */
interface Quantity {
  readonly title: string;
  /** The values shown for each run. If there are several, each is a line labeled with its name. */
  readonly names: readonly string[];
  /** The unit of the y axis. */
  readonly unit: string;
  readonly scale: (value: number) => number;
  readonly from0: boolean;
  /** The last part of a line, which is always in view; the start may be cut off. */
  readonly share: number;
}

/** Lines of fewer points are not smoothed. */
const SMOOTHED_FROM = 60;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const same = (value: number): number => value;
const percent = (share: number): number => 100 * share;
const wrong = (share: number): number => 100 * (1 - share);

const quantity = (title: string, names: readonly string[], changes: Partial<Quantity> = {}): Quantity => ({
  title,
  names,
  unit: names.length === 1 ? shown(names[0]) : '',
  scale: same,
  from0: true,
  share: 0.96,
  ...changes,
});

/** The charts of one run show its whole log; unknown names get a chart each. Several runs show what compares them. */
function quantitiesOf(runs: readonly TrainingRun[]): Quantity[] {
  const names = new Set(runs.flatMap(({ log }) => log.flatMap(({ values }) => Object.keys(values))));
  const take = (...wanted: readonly string[]): string[] => wanted.filter((name) => names.delete(name));
  // Means over epochs equal the smoothed means between two lines of the log.
  for (const name of ['seconds', 'epoch_loss', 'epoch_top1']) names.delete(name);
  // A table has them: there may be hundreds.
  for (const name of names) if (isOfCategory(name)) names.delete(name);
  const loss = quantity('Loss', take('loss'));
  const accuracies = take('top1', 'top5');
  const precisions = take('AP', 'AP50', 'AP75');
  const last = [
    quantity('Learning rate', take('learning_rate')),
    quantity('Speed', take('images_per_second'), { unit: 'images/s' }),
  ];
  const precision = { unit: 'AP, %', scale: percent };
  if (runs.length > 1) {
    const error = { unit: 'error, %', scale: wrong, share: 0.8 };
    return [
      loss,
      quantity('Top-1 error', accuracies.slice(0, 1), error),
      quantity('Average precision', precisions.slice(0, 1), precision),
      ...last,
    ];
  }
  return [
    loss,
    quantity('Accuracy', accuracies, { unit: 'accuracy, %', scale: percent, from0: false }),
    quantity('Average precision', precisions, precision),
    quantity('Average precision by size', take('APs', 'APm', 'APl'), precision),
    quantity('Average recall', take('AR1', 'AR10', 'AR100', 'ARs', 'ARm', 'ARl'), { unit: 'AR, %', scale: percent }),
    quantity('At the best score', take('F1', 'precision', 'recall'), { unit: '%', scale: percent }),
    quantity('Best score', take('best_score')),
    quantity('Parts of the loss', take(...[...names].filter((name) => name.startsWith('loss_'))), { unit: 'loss' }),
    ...last,
    ...[...names].map((name) => quantity(capital(shown(name)), [name])),
  ];
}

/** Charts of the logged values over epochs, or over steps if there are hardly any epochs. */
export function trainingCharts(runs: readonly TrainingRun[]): string {
  const entries = runs.flatMap(({ log }) => log);
  const most = (key: 'epoch' | 'step') => entries.reduce((greatest, entry) => Math.max(greatest, entry[key]), 0);
  const by = most('epoch') >= 2 ? 'epoch' : 'step';
  const x = axisTo(most(by), by);
  const sections = quantitiesOf(runs).flatMap((one) => {
    const lines = linesOf(runs, one, ({ [by]: place }) => place);
    if (!lines.length) return [];
    const y = axisOf(lines, one.unit, one.from0, one.share);
    const series = lines.map((line) => entering(line, y));
    return [section(one.title, chart({ title: one.title, x, y, series, readout: true }))];
  });
  return sections.length ? `<div class="pair">\n${sections.join('')}</div>\n` : '';
}

/**
 * One run: a color for each split, or for each name if there are several. Several runs: a color for each run. Dashes
 * distinguish training from evaluation: training is dashed.
 */
function linesOf(
  runs: readonly TrainingRun[],
  { names, scale }: Quantity,
  place: (entry: TrainingEntry) => number,
): Line[] {
  const splits = (['train', 'val'] as const).filter((split) =>
    runs.some(({ log }) => log.some((entry) => entry.split === split && names.some((name) => name in entry.values))),
  );
  const [manyRuns, manyNames, manySplits] = [runs, names, splits].map(({ length }) => length > 1);
  const lines: Line[] = [];
  for (const [i, { name: run, log }] of runs.entries()) {
    for (const [j, name] of names.entries()) {
      for (const [k, split] of splits.entries()) {
        const points = pointsOf(log, split, name, place, scale);
        if (!points.length) continue;
        const told = [manyRuns && run, manyNames && shown(name), manySplits && split].filter(Boolean);
        const line = {
          kind: 'line',
          label: told.join(', ') || shown(name),
          color: manyRuns ? i : manyNames ? j : k,
          dashed: manySplits && split === 'train' && (manyRuns || manyNames),
        } as const;
        const smooths = split === 'train' && points.length >= SMOOTHED_FROM && name !== 'learning_rate';
        if (smooths && !manyRuns && !manyNames) lines.push({ ...line, faint: true, points: thinned(points) });
        lines.push({ ...line, points: thinned(smooths ? smoothed(points) : points) });
      }
    }
  }
  return lines;
}

function pointsOf(
  log: readonly TrainingEntry[],
  split: TrainingEntry['split'],
  name: string,
  place: (entry: TrainingEntry) => number,
  scale: (value: number) => number,
): Point[] {
  return log
    .filter((entry) => entry.split === split && Number.isFinite(entry.values[name]))
    .map((entry): Point => [place(entry), scale(entry.values[name])]);
}
