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

/** Something wrong in a data set, and where. */
export interface DatasetProblem {
  /** What has an error is unusable, and left out where reading goes on; a warning is of something that is kept. */
  readonly severity: 'error' | 'warning';
  readonly kind: ProblemKind;
  /** The file at fault. */
  readonly file: string;
  /** Where in it, counted from 1, for files of lines. */
  readonly line?: number;
  /** The id of the image, or its name where it has none. */
  readonly image?: ImageId;
  /** The annotation's id; its place in the list, such as `annotations[3]`, where it has none. */
  readonly annotation?: number | string;
  /** Of a problem with the file as a whole there are none. */
  readonly field?: string;
  readonly value?: unknown;
  /** What is wrong, and what to do. */
  readonly message: string;
}

const MAX_KEPT = 1000;
const MAX_VALUE_TEXT = 60;

/** The problems of one data set: counted all, the first of each severity kept. */
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

/** A problem in a file of lines, whose name the reader knows. */
export type LineFinding = Pick<DatasetProblem, 'kind' | 'field' | 'value' | 'message'> & { readonly line: number };

/** What is wrong in a data set, with counts. */
export interface DatasetProblems {
  /** How many there are of each severity. */
  readonly errors: number;
  readonly warnings: number;
  /** Errors, then warnings; at most 1000 of each. */
  readonly first: readonly DatasetProblem[];
}

function shownValue(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > MAX_VALUE_TEXT ? `${text.slice(0, MAX_VALUE_TEXT)}…` : text;
}

/** The problem in one line: file, line, image, annotation, field, value, what to do. */
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

/** @throws ResnetCocoError BAD_DATASET, naming the first errors and their number, if there is any */
export function throwOnErrors(source: string, { errors, first }: DatasetProblems): void {
  if (!errors) return;
  const shown = first.slice(0, Math.min(errors, MAX_THROWN)).map(describeProblem);
  const rest = errors > shown.length ? `; and ${errors - shown.length} more` : '';
  const count = errors === 1 ? '1 error' : `${errors} errors`;
  throw new ResnetCocoError('BAD_DATASET', `${source}: ${count}: ${shown.join('; ')}${rest}`);
}
