/** Unit of the things counted: images (whole numbers), or the bytes of a download. */
export type Unit = 'images' | 'bytes';

export interface ProgressState {
  readonly unit: Unit;
  readonly done: number;
  /** Undefined where nobody knows, as for a server that sends no length. */
  readonly total: number | undefined;
  readonly failed: number;
  readonly seconds: number;
}

/** `4.2 s`, `1 min 05 s`, `2 h 03 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** `97.8 MB`: decimal units, as downloads are given. */
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

const formatRate = (unit: Unit, rate: number): string =>
  unit === 'bytes' ? `${formatBytes(rate)}/s` : `${rate < 99.95 ? rate.toFixed(1) : Math.round(rate)} images/s`;

/** `120/1000 images, 12.3 images/s, 1 min 12 s left, 2 failed`. */
export function progressText({ unit, done, total, failed, seconds }: ProgressState): string {
  const amount = (count: number): string => (unit === 'bytes' ? formatBytes(count) : String(count));
  const parts = [
    `${amount(done)}${total === undefined ? '' : `/${amount(total)}`}${unit === 'images' ? ' images' : ''}`,
  ];
  if (done > 0 && seconds > 0) {
    const rate = done / seconds;
    parts.push(formatRate(unit, rate));
    if (total !== undefined && total > done) parts.push(`${formatDuration((total - done) / rate)} left`);
  }
  if (failed) parts.push(`${failed} failed`);
  return parts.join(', ');
}

const BAR_WIDTH = 24;

/**
 * One line for a terminal of `width` columns, never longer: a bar where there is room, then the text. Colours are used
 * only if `colours`.
 */
export function progressBar(state: ProgressState, width: number, colours: boolean): string {
  const text = progressText(state);
  if (state.total === undefined || width < BAR_WIDTH + text.length + 3) return text.slice(0, Math.max(0, width - 1));
  const filled = state.total > 0 ? Math.round(Math.min(1, state.done / state.total) * BAR_WIDTH) : BAR_WIDTH;
  const [on, off] = ['━'.repeat(filled), '━'.repeat(BAR_WIDTH - filled)];
  if (colours) return `\x1b[36m${on}\x1b[90m${off}\x1b[39m ${text}`;
  return `${on}${' '.repeat(BAR_WIDTH - filled)} ${text}`;
}
