import { percent } from '../../datasets/index.ts';
import { escapeHtml } from '../../io/html.ts';
import type { CategoryAnalysis } from '../analysis/categories.ts';
import type { DetectionConfusion } from '../analysis/confusion.ts';
import type { DetectionAnalysis } from '../analysis/detection-analysis.ts';
import { shownThreshold } from '../analysis/score-threshold.ts';
import type { ImageErrors } from '../analysis/worst-images.ts';
import { boxOverlayStyle } from './box-overlay.ts';
import { chart, chartStyle, shareBar, shareCell } from './charts.ts';
import { confusionMap, confusionMapScript, confusionMapStyle } from './confusion-map.ts';
import { curveChooser, curveChooserScript, curveChooserStyle } from './curve-chooser.ts';
import { errorBars, errorBarsStyle } from './error-bars.ts';
import { figures, foreign, page, section } from './page.ts';
import { sortableTable, type TableCell, type TableColumn, tableScript, tableStyle } from './sortable-table.ts';
import { headline } from './stat-figures.ts';
import { tableFilter, tableFilterScript, tableFilterStyle } from './table-filter.ts';
import { type WorstPicture, worstPictures, worstPicturesStyle } from './worst-pictures.ts';

const style = `
.pairs { margin: 8px 0 0; padding: 0; list-style: none; max-height: 380px; overflow-y: auto; }
.pairs li { display: flex; align-items: center; gap: 12px; padding: 5px 0; border-bottom: 1px solid var(--line); }
.pairs li > span:first-child { flex: 1; min-width: 0; }
.pairs .share rect { fill: var(--bad); }
.pairs .number { min-width: 5.5em; }
@media (min-width: 1100px) { .figures { grid-template-columns: repeat(6, minmax(0, 1fr)); } .figures:has(> :nth-child(10):last-child) { grid-template-columns: repeat(5, minmax(0, 1fr)); } }
`;

export interface DetectionPageParts {
  readonly title: string;
  readonly analysis: DetectionAnalysis;
  /** Oddities of the data. */
  readonly warnings: readonly string[];
  /** The worst images, if their folder is known. */
  readonly pictures?: readonly WorstPicture[];
}

const number = (count: number): string => count.toLocaleString('en');
const BACKGROUND = 'background';

/** The page of an evaluation of detections. */
export function detectionPage({ title, analysis, pictures, warnings }: DetectionPageParts): string {
  const { categories, confusion, detections, errors, images, objects, type, worstImages } = analysis;
  const measure = type === 'keypoints' ? 'OKS' : 'IoU';
  const names = categories.map(({ name }) => name);
  const score = shownPercent(confusion.score);
  const body = [
    warnings.length ? warningNote(warnings) : '',
    figures(headline(analysis, measure)),
    section(
      'What errors cost',
      errorBars(errors, measure),
      `AP at ${measure} 0.5 is ${shown(errors.AP)}. The bars show how much higher it would be with only one type of error corrected (TIDE).`,
    ),
    section('Precision and recall', curveChooser(analysis, measure)),
    '<div class="pair">',
    section('Score threshold', thresholds(analysis), bestNote(analysis, measure)),
    names.length > 1
      ? section(
          'Most frequent confusions',
          confusedPairs(confusion, names),
          `Objects whose most similar detection has another category, among detections with a score above ${score}.`,
        )
      : '',
    '</div>\n',
    section(
      'Categories',
      (categories.length > 8 ? tableFilter('Filter categories') : '') + categoryTable(analysis),
      `Above the threshold, F1 at ${measure} 0.5 is highest.`,
    ),
    section(
      'Confusion matrix',
      confusionMap({ classes: [...confusion.matrix.keys()], counts: confusion.matrix }, (k) => names[k] ?? BACKGROUND),
      `Rows: categories of objects. Columns: categories of their detections at ${measure} 0.5 and a score above ${score}. The last column holds missed objects, the last row detections without an object. A stronger color means a larger share of the row. Categories without objects and such detections are left out.`,
    ),
    worstImages.length ? worst(worstImages, pictures, names, score) : '',
  ];
  return page({
    title,
    subtitle: `${type}: ${number(images)} images, ${number(objects)} objects of ${number(categories.length)} ${categories.length === 1 ? 'category' : 'categories'}, ${number(detections)} detections`,
    styles: [
      chartStyle,
      tableStyle,
      tableFilterStyle,
      errorBarsStyle,
      curveChooserStyle,
      confusionMapStyle,
      boxOverlayStyle,
      worstPicturesStyle,
      style,
    ],
    scripts: [tableScript, tableFilterScript, curveChooserScript, confusionMapScript],
    body: body.join(''),
  });
}

/** -1 means no value. */
const shown = (value: number): string => (value < 0 ? '–' : percent(value));

function warningNote(warnings: readonly string[]): string {
  const items = warnings.map((warning) => `<li>${foreign(warning)}</li>`);
  return `<details class="note"><summary>Oddities in the data</summary><ul>${items.join('')}</ul></details>\n`;
}

const shownPercent = (threshold: number): string => percent(shownThreshold(threshold));

function bestNote({ best }: DetectionAnalysis, measure: string): string {
  if (!best) return 'No detection is right.';
  return `Detections of a score above ${shownPercent(best.threshold)} (--score ${shownThreshold(best.threshold)}) have the highest F1 at ${measure} 0.5, ${percent(best.f1)}: ${percent(best.precision)} of them are right, and they find ${percent(best.recall)} of all objects.`;
}

function thresholds({ thresholds: curve }: DetectionAnalysis): string {
  if (!curve.length) return '<p class="soft">There is nothing to choose from.</p>';
  const scores = curve.map(({ threshold }) => threshold);
  const x = {
    label: 'score threshold',
    min: Math.min(0, ...scores),
    max: Math.max(1, ...scores),
    format: (value: number) => percent(value, 0),
  };
  const y = { label: 'share', min: 0, max: 1, format: (value: number) => percent(value, 0) };
  const line = (label: string, field: 'precision' | 'recall' | 'f1') => ({
    kind: 'line' as const,
    label,
    points: curve.map((at) => [at.threshold, at[field]] as const),
  });
  const series = [line('precision', 'precision'), line('recall', 'recall'), line('F1', 'f1')];
  return chart({ title: 'Precision, recall and F1 of all detections by score threshold', x, y, series });
}

const PAIRS_SHOWN = 30;

function confusedPairs({ matrix }: DetectionConfusion, names: readonly string[]): string {
  const pairs = names.flatMap((_, label) => {
    const total = matrix[label].reduce((sum, count) => sum + count, 0);
    return names.flatMap((_, taken) => {
      const count = matrix[label][taken];
      return count && taken !== label ? [{ label, taken, count, share: count / total }] : [];
    });
  });
  if (!pairs.length) return '<p class="soft">None.</p>';
  pairs.sort((a, b) => b.count - a.count || b.share - a.share);
  const items = pairs.slice(0, PAIRS_SHOWN).map(({ label, taken, count, share }) => {
    const title = `${percent(share)} of the objects that are ${names[label]}`;
    return `<li><span>${foreign(names[label])} → ${foreign(names[taken])}</span>${shareBar(count / pairs[0].count)}<span class="number" title="${escapeHtml(title)}">${number(count)} <span class="soft">${percent(share)}</span></span></li>`;
  });
  return `<ol class="pairs" tabindex="0">${items.join('')}</ol>\n`;
}

type Measured = Exclude<keyof CategoryAnalysis, 'best' | 'name' | 'id'>;

const COLUMNS: readonly (TableColumn & { readonly field: Measured })[] = [
  { label: 'AP', field: 'AP', title: 'mean over all thresholds', numeric: true },
  { label: 'AP50', field: 'AP50', numeric: true },
  { label: 'AP75', field: 'AP75', numeric: true },
  { label: 'small', field: 'APs', title: 'AP of objects below 32² pixels', numeric: true },
  { label: 'medium', field: 'APm', title: 'AP of objects of 32² to 96² pixels', numeric: true },
  { label: 'large', field: 'APl', title: 'AP of objects above 96² pixels', numeric: true },
  { label: 'AR', field: 'AR', title: 'recall, mean over all thresholds', numeric: true },
  { label: 'objects', field: 'objects', numeric: true },
  { label: 'detections', field: 'detections', numeric: true },
];

function categoryTable({ categories, type }: DetectionAnalysis): string {
  const columns = COLUMNS.filter(({ field }) => type !== 'keypoints' || field !== 'APs');
  const rows = categories.map((category): TableCell[] => [
    { content: foreign(category.name), key: category.name },
    ...columns.map(({ field }): TableCell => {
      const value = category[field];
      if (field === 'objects' || field === 'detections') return { content: number(value), key: value };
      const text = shown(value);
      return {
        content: field === 'AP' ? shareCell(Math.max(0, value), text) : text,
        key: value < 0 ? null : value,
      };
    }),
    ...[category.best && shownThreshold(category.best.threshold), category.best?.f1].map(
      (value): TableCell => ({ content: value == null ? '–' : percent(value), key: value ?? null }),
    ),
  ]);
  const heads: TableColumn[] = [
    { label: 'category', numeric: false },
    ...columns,
    { label: 'threshold', title: 'score threshold of the highest F1', numeric: true },
    { label: 'F1', title: 'harmonic mean of precision and recall at that threshold', numeric: true },
  ];
  return sortableTable(heads, rows);
}

function worst(
  images: readonly ImageErrors[],
  pictures: readonly WorstPicture[] | undefined,
  names: readonly string[],
  score: string,
): string {
  const note = `The images with the most missed objects and false detections at a score above ${score}.`;
  if (pictures) return section('Worst images', worstPictures(pictures, names), note);
  const columns: TableColumn[] = [
    { label: 'image', numeric: false },
    ...['objects', 'missed', 'false'].map((label) => ({ label, numeric: true })),
  ];
  const rows = images.map(({ falseAlarms, file_name, missed, objects }) => [
    { content: foreign(file_name), key: file_name },
    ...[objects, missed, falseAlarms].map((count) => ({ content: number(count), key: count })),
  ]);
  return section('Worst images', sortableTable(columns, rows), note);
}
