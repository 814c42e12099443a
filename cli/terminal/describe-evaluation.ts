import type { EvaluatedClassifier } from '../../eval/index.ts';
import { formatTable } from './table.ts';

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(2)} %`);

/** How many of the most frequent wrong classes are shown for a class. */
const MISTAKEN_SHOWN = 3;

/** A classifier's evaluation for people to read. */
export function describeEvaluation({ classes, result }: EvaluatedClassifier): string {
  const { top1, top5, balancedAccuracy, ece, nll, perClass } = result;
  const summary = [
    ['top-1', percent(top1)],
    ...(classes.length > 5 ? [['top-5', percent(top5)]] : []),
    ['balanced accuracy', percent(balancedAccuracy)],
    ['calibration error', percent(ece)],
    ['log loss', nll.toFixed(4)],
  ];
  const rows = perClass.map(({ index, images, top1, top5, precision, f1 }) => [
    classes[index].name,
    String(images),
    ...[top1, top5, precision, f1].map(percent),
    takenFor({ classes, result }, index),
  ]);
  const table = [['class', 'images', 'top-1', 'top-5', 'precision', 'F1', 'most often taken for'], ...rows];
  return `${formatTable(summary, 'lr')}\n\n${formatTable(table, 'lrrrrrl')}`;
}

/** `dog 65, bird 30`. */
function takenFor({ classes: names, result }: Pick<EvaluatedClassifier, 'classes' | 'result'>, label: number): string {
  const { classes, counts } = result.confusion;
  return counts[classes.indexOf(label)]
    .map((count, i) => ({ count, index: classes[i] }))
    .filter(({ count, index }) => count && index !== label)
    .sort((a, b) => b.count - a.count)
    .slice(0, MISTAKEN_SHOWN)
    .map(({ count, index }) => `${names[index].name} ${count}`)
    .join(', ');
}
