import type {
  ClassificationSummary,
  DatasetProblem,
  DatasetProblems,
  DetectionSummary,
  Spread,
} from '../../datasets/index.ts';
import { describeProblem } from '../../datasets/index.ts';
import { counted, formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** How many problems are shown one by one. */
const SHOWN = 20;

const number = (value: number): string => String(Math.round(value * 10) / 10);

function spread(name: string, values: Spread | undefined): string[][] {
  if (!values) return [];
  return [[name, number(values.min), number(values.median), number(values.mean), number(values.max)]];
}

const share = (part: number, whole: number): string => (whole ? `${((100 * part) / whole).toFixed(1)} %` : '');

/** A detection data set in a few tables. */
export function detectionReport(format: string, summary: DetectionSummary, filesFound: number): string {
  const { images, annotations, categories, crowds, masks, imagesWithoutObjects, sizes, perCategory } = summary;
  const objects = annotations - crowds;
  const facts = [
    ['format', format],
    ['images', `${images}${imagesWithoutObjects ? `, ${imagesWithoutObjects} without objects` : ''}`],
    ['image files', filesFound ? `${filesFound} found` : 'no folder of images known'],
    ['annotations', `${annotations}${crowds ? `, ${crowds} of crowds` : ''}${masks ? `, ${masks} with masks` : ''}`],
    ['categories', String(categories)],
  ];
  const spreads = [
    ...spread('width', summary.width),
    ...spread('height', summary.height),
    ...spread('objects per image', summary.objectsPerImage),
  ];
  const classes = [
    ['small', 'under 32²', String(sizes.small), share(sizes.small, objects)],
    ['medium', 'under 96²', String(sizes.medium), share(sizes.medium, objects)],
    ['large', '', String(sizes.large), share(sizes.large, objects)],
  ];
  const balance = perCategory.map(({ id, name, annotations: count, images: inImages }) => [
    String(id),
    name,
    String(count),
    share(count, annotations),
    String(inImages),
  ]);
  return [
    formatTable(facts),
    `\n${formatTable([['', 'min', 'median', 'mean', 'max'], ...spreads], 'lrrrr')}`,
    `\n${formatTable([['size', 'area', 'objects', 'share'], ...classes], 'llrr')}`,
    `\n${formatTable([['id', 'category', 'annotations', 'share', 'images'], ...balance], 'rlrrr')}`,
  ].join('\n');
}

/** A classification data set in a few tables. */
export function classificationReport({
  name,
  images,
  classes,
  width,
  height,
  perClass,
}: ClassificationSummary): string {
  const facts = [
    ['data set', name],
    ['images', String(images)],
    ['classes', String(classes)],
  ];
  const spreads = [...spread('width', width), ...spread('height', height)];
  const balance = perClass.map(({ index, name, images: count }) => [
    String(index),
    name,
    String(count),
    share(count, images),
  ]);
  return [
    formatTable(facts),
    `\n${formatTable([['', 'min', 'median', 'mean', 'max'], ...spreads], 'lrrrr')}`,
    `\n${formatTable([['index', 'class', 'images', 'share'], ...balance], 'rlrr')}`,
  ].join('\n');
}

/** Reports the first problems on stderr, and the number of all. */
export function reportProblems({ errors, warnings, first }: DatasetProblems, terminal: Terminal): void {
  const line = (problem: DatasetProblem): string => `${problem.severity}: ${describeProblem(problem)}`;
  const shown = first.slice(0, SHOWN);
  for (const problem of shown) {
    if (problem.severity === 'error') terminal.report(line(problem));
    else terminal.note(line(problem));
  }
  if (!errors && !warnings) return;
  const rest = errors + warnings > shown.length ? `, the first ${shown.length} above` : '';
  const text = `${counted(errors, 'error')}, ${counted(warnings, 'warning')}${rest}`;
  if (errors) terminal.report(text);
  else terminal.note(text);
}
