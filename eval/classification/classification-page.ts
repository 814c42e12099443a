import { basename } from 'node:path';
import { percent } from '../../datasets/index.ts';
import { escapeHtml } from '../../io/html.ts';
import { type Bar, chart, chartStyle, shareBar, shareCell } from '../report/charts.ts';
import { confusionMap, confusionMapScript, confusionMapStyle } from '../report/confusion-map.ts';
import { type Figure, figures, foreign, page, section } from '../report/page.ts';
import { sortableTable, type TableCell, type TableColumn, tableScript, tableStyle } from '../report/sortable-table.ts';
import type { EvaluatedClassifier } from './classification-record.ts';
import type { ConfusionMatrix } from './confusion.ts';
import type { MistakePicture } from './mistake-pictures.ts';

const style = `
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(140px, 45%), 1fr)); gap: 14px 12px; }
figure { margin: 0; min-width: 0; font-size: 13px; line-height: 1.35; }
figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #101214; border-radius: 8px; margin-bottom: 6px; }
figure .tiny { image-rendering: pixelated; }
figure b { font-weight: 600; }
figure .nowrap { white-space: nowrap; }
figure .file { display: block; overflow-wrap: anywhere; }
.pairs { margin: 8px 0 0; padding: 0; list-style: none; }
.pairs li { display: flex; align-items: center; gap: 12px; padding: 5px 0; border-bottom: 1px solid var(--line); }
.pairs li > span:first-child { flex: 1; min-width: 0; }
.pairs .share rect { fill: var(--bad); }
.pairs .number { min-width: 5.5em; }
`;

const shown = (share: number | null): string => (share === null ? '–' : percent(share));
const rounded = (share: number): string => percent(share, 0);
const number = (count: number): string => count.toLocaleString('en');

/** The page of a classifier's evaluation. */
export function classificationPage(evaluated: EvaluatedClassifier, pictures: readonly MistakePicture[]): string {
  const { model, dataset, source, classes, result, failures } = evaluated;
  const nameOf = (index: number) => classes[index].name;
  const counted = `${number(result.images)} images of ${number(result.perClass.length)} classes`;
  const mistakes = Math.round(result.images * (1 - result.top1));
  const done = result.images + failures.length;
  const body = [
    done < dataset.length
      ? `<p class="note">This run did not finish: ${number(done)} of ${number(dataset.length)} images done.</p>\n`
      : '',
    failures.length ? failureNote(failures) : '',
    figures(headline(evaluated)),
    '<div class="pair">',
    section(
      'Confidence',
      reliability(evaluated),
      'How often predictions of a given probability are right. The bars of a well calibrated model meet the line.',
    ),
    section('Most frequent mistakes', frequentMistakes(result.confusion, nameOf)),
    '</div>\n',
    section(
      'Confusion matrix',
      confusionMap(result.confusion, nameOf),
      'Rows: true classes. Columns: predicted classes. Blue is right, orange is wrong; a stronger color means a larger share of the row.',
    ),
    section('Classes', classTable(evaluated)),
    pictures.length
      ? section(
          'Most confident mistakes',
          `<div class="mistakes">${pictures.map((picture) => mistakeFigure(evaluated, picture)).join('')}</div>`,
          pictures.length < mistakes ? `${pictures.length} of ${number(mistakes)}.` : '',
        )
      : '',
  ];
  return page({
    title: `${model} on ${dataset.name}`,
    subtitle: `${counted}, ${source}`,
    styles: [chartStyle, tableStyle, confusionMapStyle, style],
    scripts: [tableScript, confusionMapScript],
    body: body.join(''),
  });
}

function headline({ classes, result }: EvaluatedClassifier): Figure[] {
  const { top1, top5, balancedAccuracy, ece, nll } = result;
  const top = { label: 'Top-1', value: percent(top1), note: `${percent(1 - top1)} wrong` };
  const five = { label: 'Top-5', value: percent(top5), note: 'right among the five most probable' };
  return [
    top,
    ...(classes.length > 5 ? [five] : []),
    { label: 'Balanced accuracy', value: percent(balancedAccuracy), note: 'mean of the classes’ accuracies' },
    { label: 'Calibration error', value: percent(ece), note: 'mean gap of confidence and accuracy (ECE, 15 bins)' },
    { label: 'Log loss', value: nll.toFixed(4), note: 'mean negative log likelihood' },
  ];
}

/** Axis ends that give five round ticks. */
const ROUND_MAXIMA = [0.05, 0.1, 0.25, 0.5, 1];
const PERCENT_AXIS = { min: 0, max: 1, format: rounded } as const;

function reliability({ result: { images, reliability: bins } }: EvaluatedClassifier): string {
  const told = bins.flatMap(({ lower, upper, images: count, accuracy, confidence }) => {
    if (accuracy === null || confidence === null) return [];
    const title = `${rounded(lower)} to ${rounded(upper)}: ${number(count)} images, ${percent(accuracy)} right, mean confidence ${percent(confidence)}`;
    return [{ from: lower, to: upper, accuracy, confidence, share: count / images, title }];
  });
  const bars = told.map(({ accuracy, ...bin }): Bar => ({ ...bin, value: accuracy }));
  const gaps = told.map(({ accuracy, confidence, ...bin }): Bar => ({ ...bin, base: accuracy, value: confidence }));
  const shares = told.map(({ share, ...bin }): Bar => ({ ...bin, value: share }));
  const x = { ...PERCENT_AXIS, label: 'confidence' };
  const most = told.reduce((greatest, { share }) => Math.max(greatest, share), 0);
  return (
    chart({
      title: `Reliability diagram: ${told.map(({ title }) => title).join('; ')}`,
      x,
      y: { ...PERCENT_AXIS, label: 'accuracy' },
      series: [
        { kind: 'bars', label: 'accuracy', bars },
        { kind: 'bars', label: 'gap to the mean confidence', bars: gaps },
        {
          kind: 'line',
          label: 'well calibrated',
          dashed: true,
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    }) +
    chart({
      title: 'Share of images by confidence',
      x,
      y: { ...PERCENT_AXIS, max: ROUND_MAXIMA.find((maximum) => maximum >= most) ?? 1, label: 'share of images' },
      series: [{ kind: 'bars', label: 'images', bars: shares }],
      size: [440, 180],
    })
  );
}

const PAIRS_SHOWN = 15;

function frequentMistakes({ classes, counts }: ConfusionMatrix, nameOf: (index: number) => string): string {
  const pairs = counts.flatMap((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, prediction) =>
      count && prediction !== label ? [{ label, prediction, count, share: count / total }] : [],
    );
  });
  if (!pairs.length) return '<p>None: every prediction is right.</p>';
  pairs.sort((a, b) => b.count - a.count || b.share - a.share);
  const items = pairs.slice(0, PAIRS_SHOWN).map(({ label, prediction, count, share }) => {
    const names = `${foreign(nameOf(classes[label]))} → ${foreign(nameOf(classes[prediction]))}`;
    const title = `${percent(share)} of ${nameOf(classes[label])}`;
    return `<li><span>${names}</span>${shareBar(count / pairs[0].count)}<span class="number" title="${escapeHtml(title)}">${number(count)} <span class="soft">${percent(share)}</span></span></li>`;
  });
  return `<ol class="pairs">${items.join('')}</ol>\n`;
}

const COLUMNS: readonly TableColumn[] = [
  { label: 'class', numeric: false },
  { label: 'images', numeric: true },
  { label: 'accuracy', title: 'share of its images that were predicted as it (recall)', numeric: true },
  { label: 'top-5', title: 'share of its images where it is among the five most probable', numeric: true },
  { label: 'precision', title: 'share of the images predicted as it that show it', numeric: true },
  { label: 'F1', title: 'harmonic mean of recall and precision', numeric: true },
];

function classTable({ classes, result }: EvaluatedClassifier): string {
  const measure = (share: number | null): TableCell => ({ content: shown(share), key: share });
  const rows = result.perClass.map(({ index, images, top1, top5, precision, f1 }): TableCell[] => {
    const { name, wnid } = classes[index];
    const id = wnid === undefined ? '' : ` <span class="soft">${escapeHtml(wnid)}</span>`;
    return [
      { content: foreign(name) + id, key: name },
      { content: number(images), key: images },
      { content: shareCell(top1 ?? 0, shown(top1)), key: top1 },
      measure(top5),
      measure(precision),
      measure(f1),
    ];
  });
  return sortableTable(COLUMNS, rows);
}

function mistakeFigure({ dataset, classes }: EvaluatedClassifier, picture: MistakePicture): string {
  const { image, label, prediction, probability, labelProbability, dataUrl, tiny } = picture;
  const path = dataset.nameOf(image);
  const [shown, taken] = [label, prediction].map((index) => foreign(classes[index].name));
  const given = `<span class="nowrap" title="probability of the true class: ${percent(labelProbability)}">${percent(probability)}</span>`;
  return `<figure><img${tiny ? ' class="tiny"' : ''} src="${dataUrl}" alt="${escapeHtml(basename(path))}" loading="lazy"><figcaption><b>${shown}</b> taken for <b>${taken}</b>, ${given}<bdi class="file soft" title="${escapeHtml(path)}">${escapeHtml(basename(path))}</bdi></figcaption></figure>\n`;
}

function failureNote(failures: EvaluatedClassifier['failures']): string {
  const items = failures.map(({ file, error }) => `<li><b>${foreign(file)}</b>: ${foreign(error)}</li>`);
  const count = `${number(failures.length)} image${failures.length === 1 ? '' : 's'} could not be read`;
  return `<details class="note"><summary>${count}</summary><ul>${items.join('')}</ul></details>\n`;
}
