import type { ImageId } from '../../datasets/index.ts';
import { formatCsv } from '../../io/csv.ts';
import { checkArgument, pathArgument } from '../../io/options.ts';
import type { DetectionAnalysis } from '../analysis/detection-analysis.ts';
import { errorTypes } from '../analysis/error-types.ts';
import { detectionPage } from './detection-page.ts';
import { previews } from './previews.ts';
import { writeReport } from './report-folder.ts';

/** What `writeDetectionReport` shows. */
export interface DetectionReport {
  /** What was evaluated, in one line. */
  readonly title: string;
  readonly analysis: DetectionAnalysis;
  /** Oddities of the data: `COCO.warnings`. */
  readonly warnings?: readonly string[];
  /** The folder of the images, or the path of each by id; with it the page shows the worst images. */
  readonly images?: string | ReadonlyMap<ImageId, string>;
}

/**
 * Writes an evaluation of detections to a folder, all of it or nothing:
 * - `report.html`: one page that needs no server and no network;
 * - `report.json`: everything, with the title;
 * - `categories.csv`: one line per category; cells without data are empty;
 * - `curves.csv`: precision at each recall, per category and as the mean over categories (no id), at each IoU threshold
 * shown and as the mean over all (`mean`);
 * - `confusion.csv`: one line per true category, one column per detected category.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written
 */
export async function writeDetectionReport(folder: string | URL, report: DetectionReport): Promise<void> {
  const path = pathArgument('writeDetectionReport', 'the folder', folder);
  checkArgument('writeDetectionReport', 'what is reported', report, 'object');
  const { analysis, images, title, warnings = [] } = report;
  const pictures = images === undefined ? undefined : await previews(analysis.worstImages, images);
  await writeReport(path, {
    'report.html': detectionPage({ title, analysis, warnings, ...(pictures && { pictures }) }),
    'report.json': `${JSON.stringify({ title, warnings, ...analysis })}\n`,
    'categories.csv': categoriesCsv(analysis),
    'curves.csv': curvesCsv(analysis),
    'confusion.csv': confusionCsv(analysis),
  });
}

const known = (value: number): number | null => (value < 0 ? null : value);

function categoriesCsv({ categories, errors }: DetectionAnalysis): string {
  const measures = ['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR'] as const;
  const rows = categories.map((category, k) => [
    ...[category.id, category.name, category.objects, category.detections],
    ...measures.map((measure) => known(category[measure])),
    ...(['threshold', 'precision', 'recall', 'f1'] as const).map((field) => category.best?.[field] ?? null),
    ...errorTypes.flatMap((type) => {
      const { count, dAP } = errors.categories[k].errors[type];
      return [count, category.objects ? dAP : null];
    }),
  ]);
  const heads = ['id', 'name', 'objects', 'detections', ...measures, 'threshold', 'precision', 'recall', 'f1'];
  return formatCsv([[...heads, ...errorTypes.flatMap((type) => [type, `${type}_dAP`])], ...rows]);
}

function curvesCsv({ categories, curves, recalls }: DetectionAnalysis): string {
  const lines = curves.flatMap(({ iou, mean, categories: precisions }) => {
    const lineOf = (id: number | null, name: string, precision: readonly number[]) =>
      recalls.map((recall, r) => [id, name, iou ?? 'mean', recall, known(precision[r])]);
    return [
      ...lineOf(null, 'mean', mean),
      ...categories.flatMap(({ id, name, objects }, k) => (objects ? lineOf(id, name, precisions[k]) : [])),
    ];
  });
  return formatCsv([['id', 'name', 'iou', 'recall', 'precision'], ...lines]);
}

function confusionCsv({ categories, confusion }: DetectionAnalysis): string {
  const heads = [...categories.map(({ name }) => name), 'background'];
  return formatCsv([['name', ...heads], ...confusion.matrix.map((row, k) => [heads[k], ...row])]);
}
