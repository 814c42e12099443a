/** Charts as SVG text, for a page of `page.ts` that includes `chartStyle`, in the page's colors, light and dark. */
import { escapeHtml } from '../../io/html.ts';

export interface Axis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** Formats a number for the axis. */
  readonly format: (value: number) => string;
  /** Positions of ticks; by default the ends and four places between. */
  readonly ticks?: readonly number[];
}

/** A series of points joined by a line. */
export interface Line {
  readonly kind: 'line';
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** For a reference line. */
  readonly dashed?: boolean;
  /** For a line behind another that shows the same more clearly; the legend leaves it out. */
  readonly faint?: boolean;
  /** Its color, 0–7, if it shares one with another; by default by its index among the series. */
  readonly color?: number;
}

/** A column over an interval of x, from `base` (default: the axis) to `value`. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly base?: number;
  readonly value: number;
  /** Its tooltip. */
  readonly title: string;
}

export interface Bars {
  readonly kind: 'bars';
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** Drawn in order, each in its own color, up to eight. */
export type Series = Line | Bars;

export interface Chart {
  /** For screen readers. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** In units in which the text is 12 high; the chart then fills the width it is given. */
  readonly size?: readonly [width: number, height: number];
  /** Lines show their last values, or those under the pointer, on a page that includes `readoutScript`. */
  readonly readout?: boolean;
}

export const chartStyle = `
.chart { display: block; width: 100%; max-width: 640px; height: auto; font-size: 12px; }
.chart text { fill: var(--soft); font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .bars rect { fill: var(--series); stroke: var(--surface); stroke-width: 1; }
.chart .bars rect:hover { fill-opacity: .75; }
.chart .line { fill: none; stroke: var(--series); stroke-width: 2; stroke-linejoin: round; }
.chart .point { stroke-width: 7; stroke-linecap: round; }
.chart .faint { stroke-width: 1; stroke-opacity: .35; }
.chart .dashed, .legend .dashed line { stroke-dasharray: 5 4; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 6px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend svg { width: 16px; height: 10px; margin-right: 6px; }
.legend rect { fill: var(--series); }
.legend line { stroke: var(--series); stroke-width: 2; }
.series-0 { --series: #3d8bfd; } .series-1 { --series: #e8590c; } .series-2 { --series: #868e96; } .series-3 { --series: #2f9e44; }
.series-4 { --series: #9c36b5; } .series-5 { --series: #e0a800; } .series-6 { --series: #0c8599; } .series-7 { --series: #d6336c; }
.share { display: inline-block; width: 72px; height: 8px; vertical-align: middle; border-radius: 4px; overflow: hidden; background: var(--line); }
.share rect { fill: var(--good); }
.share + b { display: inline-block; min-width: 4em; font-weight: inherit; text-align: right; }
@media (max-width: 720px) { .chart { font-size: 14px; } }
`;

const SIZE = [440, 300] as const;
const MARGIN = { left: 54, right: 24, top: 28, bottom: 44 };
const TICKS = 5;

/** Rounds to the digits that a page needs, without `-0`. */
const at = (value: number): string => String(Number(value.toFixed(2)) + 0);

const place = ({ min, max }: Axis, value: number, start: number, end: number): number =>
  start + ((Math.min(max, Math.max(min, value)) - min) / (max - min)) * (end - start);

const ticksOf = ({ min, max, ticks }: Axis): readonly number[] =>
  ticks ?? Array.from({ length: TICKS + 1 }, (_, i) => min + ((max - min) * i) / TICKS);

/** A chart of lines and bars over two axes, with a legend if there are several series. */
export function chart({ title, x, y, series, size: [width, height] = SIZE, readout = false }: Chart): string {
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const atX = (value: number) => place(x, value, left, right);
  const atY = (value: number) => place(y, value, bottom, top);
  const grid = ticksOf(y).map((value) => {
    const line = `<line class="grid" x1="${left}" x2="${right}" y1="${at(atY(value))}" y2="${at(atY(value))}"/>`;
    return `${line}<text x="${left - 8}" y="${at(atY(value) + 4)}" text-anchor="end">${escapeHtml(y.format(value))}</text>`;
  });
  const scale = ticksOf(x).map(
    (value) =>
      `<text x="${at(atX(value))}" y="${bottom + 18}" text-anchor="middle">${escapeHtml(x.format(value))}</text>`,
  );
  const names = [
    `<text x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(x.label)}</text>`,
    `<text x="${left}" y="14">${escapeHtml(y.label)}</text>`,
  ];
  const drawn = series.map((one, i) =>
    one.kind === 'line' ? drawLine(one, i, atX, atY) : drawBars(one, i, atX, atY, y.min),
  );
  const legend = series.length > 1 || readout ? legendOf(series) : '';
  const scales = readout
    ? ` data-name="${escapeHtml(x.label)}" data-x="${left} ${right} ${x.min} ${x.max}" data-y="${bottom} ${top} ${y.min} ${y.max}"`
    : '';
  return `<svg class="chart"${scales} viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${[...grid, ...scale, ...names, ...drawn].join('')}</svg>${legend}\n`;
}

type Place = (value: number) => number;

const colorOf = (one: Series, index: number): string =>
  `series-${(one.kind === 'line' ? (one.color ?? index) : index) % 8}`;

function drawLine(line: Line, index: number, atX: Place, atY: Place): string {
  const places = line.points.map(([x, y]) => `${at(atX(x))},${at(atY(y))}`);
  // A line of length 0 with round ends is a dot; a single point would draw nothing.
  const single = places.length === 1;
  const path = (single ? [places[0], places[0]] : places).join(' ');
  const kinds = `${single ? ' point' : ''}${line.dashed ? ' dashed' : ''}${line.faint ? ' faint' : ''}`;
  return `<polyline class="line ${colorOf(line, index)}${kinds}" points="${path}"/>`;
}

function drawBars({ bars }: Bars, index: number, atX: Place, atY: Place, axis: number): string {
  const rects = bars.map(({ from, to, base = axis, value, title }) => {
    const [upper, lower] = [Math.max(base, value), Math.min(base, value)];
    const [y, height] = [atY(upper), atY(lower) - atY(upper)];
    const rect = `x="${at(atX(from))}" y="${at(y)}" width="${at(atX(to) - atX(from))}" height="${at(height)}"`;
    return `<rect ${rect}><title>${escapeHtml(title)}</title></rect>`;
  });
  return `<g class="bars series-${index % 8}">${rects.join('')}</g>`;
}

function legendOf(series: readonly Series[]): string {
  const items = series.map((one, i) => {
    if (one.kind === 'line' && one.faint) return '';
    const mark = one.kind === 'line' ? '<line x1="0" x2="16" y1="5" y2="5"/>' : '<rect width="16" height="10" rx="2"/>';
    const dashed = one.kind === 'line' && one.dashed ? ' dashed' : '';
    return `<li class="${colorOf(one, i)}${dashed}"><svg viewBox="0 0 16 10" aria-hidden="true">${mark}</svg>${escapeHtml(one.label)}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}

/** A bar for a share, 0–1, in a table cell. */
export const shareBar = (share: number): string =>
  `<svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${at(100 * share)}" height="1"/></svg>`;

/** A bar and its value as text; in a column the bars align, whatever the texts. */
export const shareCell = (share: number, text: string): string => `${shareBar(share)} <b>${escapeHtml(text)}</b>`;
