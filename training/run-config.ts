import { ResnetCocoError } from '../errors.ts';

export type RunSetting =
  | string
  | number
  | boolean
  | null
  | readonly RunSetting[]
  | { readonly [name: string]: RunSetting };

/** The settings of a training run, as JSON has them. */
export type RunConfig = Readonly<Record<string, RunSetting>>;

/** A run's configuration under the names of today: older runs have British spelling, in settings and flags alike. */
export function presentNames(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { command, optimiser, ...rest } = config;
  const isObject = typeof command === 'object' && command !== null;
  return {
    ...rest,
    ...(optimiser === undefined ? {} : { optimizer: optimiser }),
    ...(command === undefined ? {} : { command: isObject ? presentNames({ ...command }) : command }),
  };
}

/** What a run trains. */
export type Trained = 'classifier' | 'detector';

/** Settings of a detector's run have those of its model in them. */
const trainedBy = ({ model }: RunConfig): Trained =>
  typeof model === 'object' && model !== null ? 'detector' : 'classifier';

const COMMANDS: Readonly<Record<Trained, string>> = { classifier: 'train backbone', detector: 'train detector' };

/**
 * Refuses a run that trains something else.
 *
 * @param place the folder or file of the run, for the error
 * @throws ResnetCocoError USAGE, saying what resumes it
 */
export function checkTrained(config: RunConfig, trained: Trained, place: string): void {
  const is = trainedBy(config);
  if (is === trained) return;
  const remedy = `resnet-coco ${COMMANDS[is]} --resume goes on with it`;
  throw new ResnetCocoError('USAGE', `${place}: a run of ${COMMANDS[is]}, not of ${COMMANDS[trained]}; ${remedy}`);
}

/**
 * Refuses to resume a run with other settings: the result would belong to neither.
 *
 * @param stored the configuration that the run was started with
 * @param given the configuration to resume it with
 * @param mayChange fields that may differ, such as `workers`; `optimizer.momentum` is a field of a field
 * @param file the source of `stored`, for the error
 * @throws ResnetCocoError BAD_CONFIG that names each field that differs, with both values; USAGE where something else
 *   is trained
 */
export function checkSameRun(stored: RunConfig, given: RunConfig, mayChange: readonly string[], file: string): void {
  checkTrained(stored, trainedBy(given), file);
  const allowed = (field: string) => mayChange.some((name) => field === name || field.startsWith(`${name}.`));
  const differing = differences(stored, given, '').filter(({ field }) => !allowed(field));
  if (!differing.length) return;
  const list = differing.map(({ field, before, after }) => `${field} was ${before}, now ${after}`).join('; ');
  throw new ResnetCocoError(
    'BAD_CONFIG',
    `${file}: the run was started with other settings: ${list}; resume it with its own, or start a new run in another folder`,
  );
}

interface Difference {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function differences(before: unknown, after: unknown, field: string): Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differences(before[name], after[name], field ? `${field}.${name}` : name));
  }
  const [left, right] = [shown(before), shown(after)];
  return left === right ? [] : [{ field, before: left, after: right }];
}

/** A value as the message shows it. Equal values look equal, whatever the order of their fields. */
function shown(value: unknown): string {
  if (value === undefined) return 'not set';
  return JSON.stringify(value, (_, part) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
