/** What is counted: images, or the bytes of a download. */
export type Unit = 'images' | 'bytes';

export interface ProgressState {
  readonly unit: Unit;
  readonly done: number;
  /** How much of `done` was done before `seconds` began, as in a resumed run. */
  readonly before?: number;
  /** Undefined if unknown, as for a server that sends no length. */
  readonly total: number | undefined;
  readonly failed: number;
  readonly seconds: number;
  /** Shown instead of the amount, such as `epoch 3/90, loss 1.234`. */
  readonly description?: string | undefined;
}

/** `4.2 s`, `1 min 05 s`, `2 h 03 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** An expected duration: what is still to come takes some time, however short. */
export const formatEstimate = (seconds: number): string => (seconds < 0.05 ? 'under 0.1 s' : formatDuration(seconds));

/** `97.8 MB`, in decimal units. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let index = 0;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  return `${index && value < 99.95 ? value.toFixed(1) : Math.round(value)} ${units[index]}`;
}

/** `12.3 images/s`; for slow rates `0.034 images/s`, never 0. */
export function formatRate(unit: Unit, rate: number): string {
  if (unit === 'bytes') return `${formatBytes(rate)}/s`;
  if (rate >= 99.95) return `${Math.round(rate)} images/s`;
  return `${rate < 0.05 ? Number(rate.toPrecision(2)) : rate.toFixed(1)} images/s`;
}

function amountText({ unit, done, total }: ProgressState): string {
  const amount = (count: number): string => (unit === 'bytes' ? formatBytes(count) : String(count));
  return `${amount(done)}${total === undefined ? '' : `/${amount(total)}`}${unit === 'images' ? ' images' : ''}`;
}

/** `120/1000 images, 12.3 images/s, 1 min 12 s left, 2 failed`. */
export function progressText(state: ProgressState): string {
  const { unit, done, before = 0, total, failed, seconds, description } = state;
  const parts = [description ?? amountText(state)];
  if (done > before && seconds > 0) {
    const rate = (done - before) / seconds;
    parts.push(formatRate(unit, rate));
    if (total !== undefined && total > done) parts.push(`${formatEstimate((total - done) / rate)} left`);
  }
  if (failed) parts.push(`${failed} failed`);
  return parts.join(', ');
}

const BAR_WIDTH = 24;
const LEAST_BAR_WIDTH = 8;

/**
 * One line of at most `width` columns: a bar and the text. The bar is shorter, or left out, if there is little room.
 */
export function progressBar(state: ProgressState, width: number, colors: boolean): string {
  const text = progressText(state);
  const length = Math.min(BAR_WIDTH, width - text.length - 3);
  if (state.total === undefined || length < LEAST_BAR_WIDTH) return text.slice(0, Math.max(0, width - 1));
  const filled = state.total > 0 ? Math.round(Math.min(1, state.done / state.total) * length) : length;
  const [on, off] = ['━'.repeat(filled), '━'.repeat(length - filled)];
  if (colors) return `\x1b[36m${on}\x1b[90m${off}\x1b[39m ${text}`;
  return `${on}${' '.repeat(length - filled)} ${text}`;
}
