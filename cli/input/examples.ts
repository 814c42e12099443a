import type { Classifier, FewShotClassifier, FewShotOptions } from '../../backbone/index.ts';
import { type ClassificationDataset, hasSplits, openClassificationDataset, percent } from '../../datasets/index.ts';
import type { Failures } from '../terminal/failures.ts';
import { defined } from '../terminal/shared-flags.ts';
import { counted } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Opens a folder of examples, one folder per class. Of a folder with splits, the training images are the examples. */
export async function openExamples(folder: string, terminal: Terminal): Promise<ClassificationDataset> {
  const split = (await hasSplits(folder)) ? 'train' : undefined;
  const dataset = await openClassificationDataset(`imagefolder:${folder}`, defined({ split }));
  if (split) terminal.note(`${folder}: the images in its folder ${split} are the examples; others in it are not used`);
  for (const note of dataset.notes ?? []) terminal.note(note);
  return dataset;
}

/** Classes named in a note; with more, the least and the most examples are said instead. */
const MOST_CLASSES = 12;

/** Makes a classifier of examples, and says how many there are and what they are worth. */
export async function byExamples(
  classifier: Classifier,
  dataset: ClassificationDataset,
  options: FewShotOptions,
  failures: Failures,
  terminal: Terminal,
): Promise<FewShotClassifier> {
  const { fewShotClassifier } = await import('../../index.ts');
  const fewShot = await fewShotClassifier(classifier, dataset, options);
  for (const { file, error } of fewShot.failures) failures.add(file, error);
  terminal.note(describeExamples(fewShot, options.neighbors));
  return fewShot;
}

function describeExamples(
  { classes, leaveOneOut, neighbors }: Pick<FewShotClassifier, 'classes' | 'leaveOneOut' | 'neighbors'>,
  wanted: number | undefined,
): string {
  const { accuracy, examples, right } = leaveOneOut;
  const counts = classes.map((one) => one.examples);
  const each =
    classes.length > MOST_CLASSES
      ? `${Math.min(...counts)} to ${Math.max(...counts)} of each of ${classes.length} classes`
      : classes.map(({ name, examples: count }) => `${count} of ${name}`).join(', ');
  const alone = counts.filter((count) => count === 1).length;
  const voters = neighbors === 1 ? 'the most similar one votes' : `the ${neighbors} most similar vote`;
  const parts = [
    `${counted(examples, 'example')} (${each})`,
    wanted !== undefined && wanted > neighbors ? `all ${neighbors} vote, as there are no more` : voters,
    `each classified by the others: ${percent(accuracy)} right (${right} of ${examples})`,
    ...(alone
      ? [`${alone === 1 ? '1 class has' : `${alone} classes have`} one example, which the others get wrong`]
      : []),
  ];
  return parts.join('; ');
}
