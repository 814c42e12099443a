/** The average precision of each category over a run, for its page. */
import { percent } from '../../datasets/index.ts';
import { foreign, section } from '../../eval/report/page.ts';
import { sortableTable, type TableCell, type TableColumn } from '../../eval/report/sortable-table.ts';
import type { TrainingEntry, TrainingRun } from './training-run.ts';

/** Names of logged values of a category: `AP/` and its name. */
const PREFIX = 'AP/';

/** The name under which a category's average precision is logged. */
export const categoryMetric = (category: string): string => `${PREFIX}${category}`;

/** Whether a logged value is that of a category. */
export const isOfCategory = (name: string): boolean => name.startsWith(PREFIX);

export const categoryTableStyle = `
.course { width: 160px; height: 26px; vertical-align: middle; }
.course polyline { fill: none; stroke: var(--good); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; }
`;

const COLUMNS: readonly TableColumn[] = [
  { label: 'category', numeric: false },
  { label: 'over the run', title: 'from 0 to 100 %', numeric: true },
  { label: 'first', numeric: true },
  { label: 'best', numeric: true },
  { label: 'after epoch', title: 'of the best', numeric: true },
  { label: 'last', numeric: true },
];

/** The AP of each category at each evaluation; nothing if it was not measured. */
export function categoryTable({ log }: TrainingRun): string {
  const evaluations = log.filter(({ split }) => split === 'val');
  const names = [...new Set(evaluations.flatMap(({ values }) => Object.keys(values)))].filter(isOfCategory);
  if (!names.length) return '';
  const end = evaluations.reduce((greatest, { epoch }) => Math.max(greatest, epoch), 0);
  const rows = names.map((name) => {
    const measured = evaluations.filter(({ values }) => Number.isFinite(values[name]));
    return rowOf(name, measured, end);
  });
  const title = 'Average precision of each category';
  return section(title, `<div class="tall">${sortableTable(COLUMNS, rows)}</div>`);
}

function rowOf(name: string, measured: readonly TrainingEntry[], end: number): TableCell[] {
  const category = name.slice(PREFIX.length);
  const value = ({ values }: TrainingEntry): number => values[name];
  const best = measured.reduce((one, other) => (value(other) > value(one) ? other : one));
  const cell = (entry: TrainingEntry): TableCell => ({ content: percent(value(entry)), key: value(entry) });
  const last = measured[measured.length - 1];
  return [
    { content: foreign(category), key: category },
    {
      content: course(measured.map((entry) => [entry.epoch / end, value(entry)])),
      key: value(last) - value(measured[0]),
    },
    cell(measured[0]),
    cell(best),
    { content: String(Number(best.epoch.toFixed(1))), key: best.epoch },
    cell(last),
  ];
}

/** A line of values from 0 to 1 over a share of the run. */
function course(points: readonly (readonly [x: number, y: number])[]): string {
  const place = ([x, y]: readonly [number, number]): string =>
    `${(2 + 156 * x).toFixed(1)},${(24 - 22 * y).toFixed(1)}`;
  // A single point would draw nothing.
  const drawn = points.length > 1 ? points : [points[0], points[0]];
  return `<svg class="course" viewBox="0 0 160 26" aria-hidden="true"><polyline points="${drawn.map(place).join(' ')}"/></svg>`;
}
