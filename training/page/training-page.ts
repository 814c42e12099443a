import { percent } from '../../datasets/index.ts';
import { boxOverlayStyle } from '../../eval/report/box-overlay.ts';
import { chartStyle } from '../../eval/report/charts.ts';
import { type Figure, figures, foreign, page, section } from '../../eval/report/page.ts';
import { readoutScript, readoutStyle } from '../../eval/report/readout.ts';
import {
  type Preview,
  type SampleEvaluation,
  samplePictures,
  samplePicturesStyle,
} from '../../eval/report/sample-pictures.ts';
import {
  sortableTable,
  type TableCell,
  type TableColumn,
  tableScript,
  tableStyle,
} from '../../eval/report/sortable-table.ts';
import { escapeHtml } from '../../io/html.ts';
import { categoryTable, categoryTableStyle, isOfCategory } from './category-table.ts';
import { type SettingRow, settingRows } from './setting-words.ts';
import { trainingCharts } from './training-charts.ts';
import { isShare, shown } from './training-names.ts';
import { bestEvaluation, type TrainingRun } from './training-run.ts';

const style = `
.settings td { min-width: 130px; }
.settings td:first-child { width: 34%; color: var(--soft); }
.settings th[scope=rowgroup] { position: static; padding-top: 16px; }
.settings .differs td { font-weight: 600; }
.settings tbody:last-child tr:last-child td { border-bottom: 0; }
.swatch { width: 16px; height: 10px; margin-right: 8px; }
.swatch rect { fill: var(--series); }
`;

export interface TrainingPageParts {
  readonly title: string;
  /** The subtitle, such as the data set and the machine. */
  readonly subtitle: string;
  /** One run, or several to compare. */
  readonly runs: readonly TrainingRun[];
  /** Detections in some images at each evaluation, the newest first. */
  readonly samples?: readonly SampleEvaluation[];
  /** The images of `evaluations` by file. */
  readonly previews?: ReadonlyMap<string, Preview>;
}

const number = (count: number): string => count.toLocaleString('en');

/** The page of training runs: curves, best results, settings. */
export function trainingPage({ title, subtitle, runs, samples = [], previews = new Map() }: TrainingPageParts): string {
  const [run] = runs;
  const body = [
    ...runs.map(divergenceNote),
    runs.length === 1 ? figures(headline(run)) : section('Runs', runTable(runs)),
    trainingCharts(runs),
    samplePictures(samples, previews),
    runs.length === 1 ? categoryTable(run) + evaluations(run) : '',
    settings(runs),
  ];
  return page({
    title,
    subtitle,
    styles: [chartStyle, readoutStyle, tableStyle, boxOverlayStyle, samplePicturesStyle, categoryTableStyle, style],
    scripts: [readoutScript, tableScript],
    body: body.join(''),
  });
}

/** Says where the loss was not finite. */
function divergenceNote({ name, log }: TrainingRun): string {
  const lost = log.filter(({ values: { loss } }) => loss !== undefined && !Number.isFinite(loss));
  if (!lost.length) return '';
  const more = lost.length > 1 ? `, and in ${number(lost.length - 1)} of the lines after` : '';
  return `<p class="note">The loss of ${foreign(name)} was not a finite number at step ${number(lost[0].step)}${more}.</p>\n`;
}

/** The newest value of a name. */
const lastOf = ({ log }: TrainingRun, split: 'train' | 'val', name: string): number | undefined =>
  log.findLast((entry) => entry.split === split && Number.isFinite(entry.values[name]))?.values[name];

function headline(run: TrainingRun): Figure[] {
  const { log } = run;
  const list: Figure[] = [];
  const best = bestEvaluation(log);
  if (best) {
    const { metric, entry } = best;
    list.push(
      { label: `Best ${shown(metric)}`, value: percent(entry.values[metric]), note: `after ${epochs(entry.epoch)}` },
      { label: `Last ${shown(metric)}`, value: percent(lastOf(run, 'val', metric)!), note: 'of the newest evaluation' },
    );
  }
  const losses = log.flatMap(({ split, values: { loss } }) =>
    split === 'train' && Number.isFinite(loss) ? [loss] : [],
  );
  if (losses.length) {
    const recent = losses.slice(-Math.max(1, Math.round(losses.length / 50)));
    const mean = recent.reduce((sum, loss) => sum + loss, 0) / recent.length;
    const note = recent.length > 1 ? `mean of the last ${recent.length} logged` : 'the last logged';
    list.push({ label: 'Training loss', value: mean.toPrecision(4), note });
  }
  const { step = 0, epoch = 0 } = log.at(-1) ?? {};
  list.push({ label: 'Steps', value: number(step), note: epochs(epoch) });
  const seconds = lastOf(run, 'train', 'seconds');
  if (seconds !== undefined) list.push({ label: 'Time', value: duration(seconds), note: 'without interruptions' });
  return list;
}

const epochs = (count: number): string => `${number(Number(count.toFixed(1)))} epoch${count === 1 ? '' : 's'}`;

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

const swatch = (index: number): string =>
  `<svg class="swatch series-${index % 8}" viewBox="0 0 16 10" aria-hidden="true"><rect width="16" height="10" rx="2"/></svg>`;

/** Several runs side by side. */
function runTable(runs: readonly TrainingRun[]): string {
  const measure = shown(runs.flatMap(({ log }) => bestEvaluation(log)?.metric ?? [])[0] ?? '');
  const columns: TableColumn[] = [
    { label: 'run', numeric: false },
    { label: `best ${measure}`, title: 'of all evaluations', numeric: true },
    { label: 'epoch', title: 'of the best evaluation', numeric: true },
    { label: `last ${measure}`, title: 'at the newest evaluation', numeric: true },
    { label: 'in training', title: 'the same on the newest training images', numeric: true },
    { label: 'steps', numeric: true },
  ];
  const cell = (value: number | undefined, format: (value: number) => string): TableCell =>
    value === undefined ? { content: '–', key: null } : { content: format(value), key: value };
  const rows = runs.map((run, i): TableCell[] => {
    const best = bestEvaluation(run.log);
    const metric = best?.metric ?? '';
    return [
      { content: swatch(i) + foreign(run.name), key: run.name },
      cell(best?.entry.values[metric], percent),
      cell(best?.entry.epoch, (epoch) => number(Number(epoch.toFixed(1)))),
      cell(lastOf(run, 'val', metric), percent),
      cell(lastOf(run, 'train', metric), percent),
      cell(run.log.at(-1)?.step, number),
    ];
  });
  return sortableTable(columns, rows);
}

/** The evaluations of one run, the newest first. */
function evaluations({ log }: TrainingRun): string {
  const list = log.filter(({ split }) => split === 'val').reverse();
  if (!list.length) return '';
  const names = [...new Set(list.flatMap(({ values }) => Object.keys(values)))].filter(
    (name) => name !== 'seconds' && !isOfCategory(name),
  );
  const columns = ['epoch', 'step', ...names].map((name): TableColumn => ({ label: shown(name), numeric: true }));
  const rows = list.map(({ epoch, step, values }): TableCell[] => [
    { content: number(Number(epoch.toFixed(2))), key: epoch },
    { content: number(step), key: step },
    ...names.map((name): TableCell => {
      const value = values[name];
      if (!Number.isFinite(value)) return { content: '–', key: null };
      return { content: isShare(name) ? percent(value) : value.toPrecision(4), key: value };
    }),
  ]);
  return section('Evaluations', sortableTable(columns, rows));
}

/** Settings under their headings. Several runs are side by side. */
function settings(runs: readonly TrainingRun[]): string {
  const each = runs.map((run) => settingRows(run.settings));
  const keyOf = ({ group, name }: SettingRow) => `${group}\n${name}`;
  const rows = [...new Map(each.flat().map((row) => [keyOf(row), row])).values()];
  if (!rows.length) return '';
  const values = each.map((list) => new Map(list.map((row) => [keyOf(row), row.value])));
  const groups = [...new Set(rows.map(({ group }) => group))].map((group) => {
    const lines = rows
      .filter((row) => row.group === group)
      .map((row) => {
        const own = values.map((one) => one.get(keyOf(row)) ?? '–');
        const differs = own.some((value) => value !== own[0]);
        const cells = own.map((value) => `<td>${foreign(value)}</td>`).join('');
        return `<tr${differs ? ' class="differs"' : ''}><td><bdi>${escapeHtml(row.name)}</bdi></td>${cells}</tr>\n`;
      });
    const head = `<tr><th colspan="${runs.length + 1}" scope="rowgroup">${escapeHtml(group)}</th></tr>\n`;
    return `<tbody>${head}${lines.join('')}</tbody>`;
  });
  const names = runs.map(({ name }, i) => `<th scope="col">${swatch(i)}${foreign(name)}</th>`).join('');
  const head = runs.length > 1 ? `<thead><tr><td></td>${names}</tr></thead>\n` : '';
  const table = `<div class="scroll" tabindex="0"><table class="settings">${head}${groups.join('')}</table></div>\n`;
  return section('Settings', table, runs.length > 1 ? 'Bold: where runs differ.' : '');
}
