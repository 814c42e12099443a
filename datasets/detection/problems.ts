import { ResnetCocoError } from '../../errors.ts';
import type { ImageId } from './coco/coco-format.ts';

/** A kind of problem of a data set. */
export type ProblemKind =
  | 'unreadable file'
  | 'missing field'
  | 'wrong type'
  | 'wrong value'
  | 'duplicate'
  | 'unknown reference'
  | 'missing file'
  | 'unused file'
  | 'box outside its image'
  | 'empty box'
  | 'image size'
  | 'annotation id 0';

/** A problem in a data set, and its place. */
export interface DatasetProblem {
  /** What has an error is unusable and left out when reading goes on; what has a warning is kept. */
  readonly severity: 'error' | 'warning';
  readonly kind: ProblemKind;
  /** The file at fault. */
  readonly file: string;
  /** The line, counted from 1, in text files. */
  readonly line?: number;
  /** The image's id, or its name if it has no id. */
  readonly image?: ImageId;
  /** The annotation's id, or its place in the list, such as `annotations[3]`, if it has no id. */
  readonly annotation?: number | string;
  /** Undefined for a problem of the whole file. */
  readonly field?: string;
  readonly value?: unknown;
  /** What is wrong, and what to do. */
  readonly message: string;
}

const MAX_KEPT = 1000;
const MAX_VALUE_TEXT = 60;

/** The problems of one data set: all are counted, the first of each severity are kept. */
export class ProblemList {
  readonly #kept: Record<DatasetProblem['severity'], DatasetProblem[]> = { error: [], warning: [] };
  readonly #counts = { error: 0, warning: 0 };

  error(problem: Omit<DatasetProblem, 'severity'>): void {
    this.#add({ severity: 'error', ...problem });
  }

  warning(problem: Omit<DatasetProblem, 'severity'>): void {
    this.#add({ severity: 'warning', ...problem });
  }

  #add(problem: DatasetProblem): void {
    this.#counts[problem.severity]++;
    const kept = this.#kept[problem.severity];
    if (kept.length < MAX_KEPT) kept.push(problem);
  }

  /** A copy that no longer changes. */
  summary(): DatasetProblems {
    const { error, warning } = this.#counts;
    return { errors: error, warnings: warning, first: [...this.#kept.error, ...this.#kept.warning] };
  }
}

/** A problem in a text file; the reader knows the file. */
export type LineFinding = Pick<DatasetProblem, 'kind' | 'field' | 'value' | 'message'> & { readonly line: number };

/** What is wrong in a data set, with counts. */
export interface DatasetProblems {
  /** Number of errors and warnings. */
  readonly errors: number;
  readonly warnings: number;
  /** Errors, then warnings; at most 1000 of each. */
  readonly first: readonly DatasetProblem[];
}

function shownValue(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > MAX_VALUE_TEXT ? `${text.slice(0, MAX_VALUE_TEXT)}…` : text;
}

/** Describes the problem in one line: file, line, image, annotation, field, value, remedy. */
export function describeProblem({ file, line, image, annotation, field, value, message }: DatasetProblem): string {
  const place = [
    `${file}${line === undefined ? '' : `:${line}`}`,
    ...(image === undefined ? [] : [`image ${image}`]),
    ...(annotation === undefined ? [] : [typeof annotation === 'number' ? `annotation ${annotation}` : annotation]),
    ...(field === undefined ? [] : [`${field} is ${shownValue(value)}`]),
  ];
  return `${place.join(', ')}: ${message}`;
}

const MAX_THROWN = 5;

/** @throws ResnetCocoError BAD_DATASET when there are errors; names the first ones and their number */
export function throwOnErrors(source: string, { errors, first }: DatasetProblems): void {
  if (!errors) return;
  const shown = first.slice(0, Math.min(errors, MAX_THROWN)).map(describeProblem);
  const rest = errors > shown.length ? `; and ${errors - shown.length} more` : '';
  const count = errors === 1 ? '1 error' : `${errors} errors`;
  throw new ResnetCocoError('BAD_DATASET', `${source}: ${count}: ${shown.join('; ')}${rest}`);
}
