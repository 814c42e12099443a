import { formatCsv } from '../../io/csv.ts';
import { checkArgument, pathArgument } from '../../io/options.ts';
import { writeReport } from '../report/report-folder.ts';
import { classificationPage } from './classification-page.ts';
import { classificationRecord, type EvaluatedClassifier, linesOfJson } from './classification-record.ts';
import { mistakePictures } from './mistake-pictures.ts';

/**
 * Writes a classifier's evaluation to a folder: `report.html` (one page that needs no server and no network),
 * `report.json`, `per-class.csv` and `confusion.csv` (one line per true class, one column per predicted class). Writes
 * all of them or none.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written
 */
export async function writeClassificationReport(folder: string | URL, evaluated: EvaluatedClassifier): Promise<void> {
  const path = pathArgument('writeClassificationReport', 'the folder', folder);
  checkArgument('writeClassificationReport', 'what is reported', evaluated, 'object');
  const pictures = await mistakePictures(evaluated.dataset, evaluated.result.mistakes);
  await writeReport(path, {
    'report.html': classificationPage(evaluated, pictures),
    'report.json': linesOfJson(classificationRecord(evaluated)),
    'per-class.csv': perClassCsv(evaluated),
    'confusion.csv': confusionCsv(evaluated),
  });
}

function perClassCsv({ classes, result }: EvaluatedClassifier): string {
  const rows = result.perClass.map(({ index, images, top1, top5, precision, f1 }) => {
    const { name, wnid = null } = classes[index];
    return [index, name, wnid, images, top1, top5, precision, f1];
  });
  return formatCsv([['index', 'label', 'wnid', 'images', 'top1', 'top5', 'precision', 'f1'], ...rows]);
}

function confusionCsv({ classes: names, result }: EvaluatedClassifier): string {
  const { classes, counts } = result.confusion;
  const heads = classes.map((index) => names[index].name);
  return formatCsv([['label', ...heads], ...counts.map((row, i) => [heads[i], ...row])]);
}
