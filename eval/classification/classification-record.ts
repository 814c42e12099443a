import type { ClassificationDataset } from '../../datasets/index.ts';
import type { ModelClass } from './class-mapping.ts';
import type { ClassificationResult, ClassResult } from './classification.ts';

/** An evaluation result with its names. */
export interface EvaluatedClassifier {
  /** The model's name. */
  readonly model: string;
  readonly dataset: Pick<ClassificationDataset, 'name' | 'length' | 'nameOf' | 'image'>;
  /** The data set's source, such as `cifar10:DIR`. */
  readonly source: string;
  /** The model's classes, by index. */
  readonly classes: readonly ModelClass[];
  readonly result: ClassificationResult;
  /** Images that could not be read; the result leaves them out. */
  readonly failures: readonly { readonly file: string; readonly error: string }[];
}

/** A class in the JSON. */
function classRecord(classes: readonly ModelClass[], { index, ...measures }: ClassResult) {
  const { name: label, wnid } = classes[index];
  return wnid === undefined ? { index, label, ...measures } : { index, label, wnid, ...measures };
}

/** The result as JSON, for `evaluate classifier --json` and `report.json`. */
export function classificationRecord({ model, dataset, source, classes, result, failures }: EvaluatedClassifier) {
  const { perClass, mistakes, ...measures } = result;
  return {
    model,
    dataset: source,
    ...measures,
    perClass: perClass.map((entry) => classRecord(classes, entry)),
    mistakes: mistakes.map(({ image, label, prediction, probability, labelProbability }) => ({
      file: dataset.nameOf(image),
      label: classes[label].name,
      prediction: classes[prediction].name,
      probability,
      labelProbability,
    })),
    failures,
  };
}

/** JSON with one line per field, and one per element of a list. */
export function linesOfJson(record: object): string {
  const fields = Object.entries(record).map(([name, value]) => {
    const rows = Array.isArray(value) && value.length ? value.map((row) => `    ${JSON.stringify(row)}`) : undefined;
    return `  ${JSON.stringify(name)}: ${rows ? `[\n${rows.join(',\n')}\n  ]` : JSON.stringify(value)}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}
