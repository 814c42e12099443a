/**
 * A confusion matrix as a heat map, for a page that includes its style and script: a line for each class, of how its
 * images were taken. Pointing at a cell, or walking to it with the arrow keys, tells its numbers.
 */

import { escapeHtml, inertJson } from '../../datasets/html.ts';
import type { ConfusionMatrix } from '../confusion.ts';

export const confusionMapStyle = `
.map { position: relative; width: fit-content; max-width: 100%; }
.map svg { display: block; height: auto; font-variant-numeric: tabular-nums; touch-action: pan-x pan-y pinch-zoom; }
.map .fit { width: 100%; min-width: 400px; }
.map text { fill: var(--soft); }
.map .numbers text { fill: var(--text); pointer-events: none; }
.map .frame { fill: none; stroke: var(--line); pointer-events: all; }
.map .right { fill: var(--good); }
.map .wrong { fill: var(--bad); }
.map .band { fill: var(--text); fill-opacity: .07; pointer-events: none; }
.map .cursor { fill: none; stroke: var(--text); stroke-width: 1.5; pointer-events: none; }
.tip {
  position: absolute; z-index: 1; width: max-content; max-width: min(280px, 90%); padding: 6px 10px; border-radius: 8px; pointer-events: none;
  background: var(--text); color: var(--surface); font-size: 13px; line-height: 1.35;
}
@media (max-width: 720px) { .map .fit .numbers { font-size: 14px; } }
`;

export const confusionMapScript = `
'use strict';
for (const map of document.querySelectorAll('.map')) {
  const { rows, columns, counts, right } = JSON.parse(map.querySelector('script').textContent);
  const [frame, cursor, across, down] = ['.frame', '.cursor', '.across', '.down'].map((name) => map.querySelector(name));
  const scroller = map.querySelector('.scroll'), tip = map.querySelector('.tip');
  const size = Number(frame.getAttribute('width')) / columns.length;
  const [left, top] = ['x', 'y'].map((name) => Number(frame.getAttribute(name)));
  let row = -1, column = -1;
  const hide = () => { for (const node of [cursor, across, down]) node.setAttribute('visibility', 'hidden'); tip.hidden = true; };
  const show = (toRow, toColumn) => {
    if (toRow !== row || toColumn !== column || tip.hidden) {
      [row, column] = [toRow, toColumn];
      const total = counts[row].reduce((sum, [, count]) => sum + count, 0);
      const [, count] = counts[row].find(([at]) => at === column) || [0, 0];
      const [shown, taken] = [rows[row], columns[column]];
      const share = count.toLocaleString() + ' of ' + total.toLocaleString() + ' (' + (100 * count / total).toFixed(1) + ' %)';
      tip.textContent = (right[row] === column ? shown + ', told right: ' : shown + ' taken for ' + taken + ': ') + share;
      for (const node of [cursor, across]) node.setAttribute('y', top + row * size);
      for (const node of [cursor, down]) node.setAttribute('x', left + column * size);
      for (const node of [cursor, across, down]) node.setAttribute('visibility', 'visible');
      tip.hidden = false;
    }
    const cell = cursor.getBoundingClientRect(), box = map.getBoundingClientRect();
    const x = Math.max(0, Math.min(cell.right - box.left + 8, box.width - tip.offsetWidth));
    const above = cell.top - box.top - tip.offsetHeight - 8;
    tip.style.left = x + 'px';
    tip.style.top = (above < 0 ? cell.bottom - box.top + 8 : above) + 'px';
  };
  map.onpointermove = map.onpointerdown = (event) => {
    const box = frame.getBoundingClientRect();
    const toRow = Math.floor((event.clientY - box.top) / box.height * rows.length);
    const toColumn = Math.floor((event.clientX - box.left) / box.width * columns.length);
    if (toRow >= 0 && toRow < rows.length && toColumn >= 0 && toColumn < columns.length) show(toRow, toColumn);
    else hide();
  };
  map.onpointerleave = scroller.onblur = hide;
  scroller.onfocus = () => { if (scroller.matches(':focus-visible')) show(Math.max(0, row), Math.max(0, column)); };
  scroller.onkeydown = (event) => {
    const [by, along] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] || [];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(Math.max(0, Math.min(rows.length - 1, row + by)), Math.max(0, Math.min(columns.length - 1, column + along)));
    cursor.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
}
`;

/** What a large matrix takes of a wide screen, in pixels, and how small its cells may be to have names beside them. */
const WIDTH = 1040;
const SMALLEST_NAMED = 8;

/** How a matrix of so many classes is drawn, in pixels. Without a font there are no names beside it. */
function measures(classes: number): { cell: number; font: number; fits: boolean } {
  if (classes <= 12) return { cell: 46, font: 13, fits: true };
  const cell = Math.max(2, Math.min(24, Math.floor(WIDTH / classes)));
  return { cell, font: cell < SMALLEST_NAMED ? 0 : Math.min(12, cell - 1), fits: false };
}

const LETTER = 0.58;
const LONGEST_NAME = 20;

const shortened = (name: string): string =>
  [...name].length > LONGEST_NAME ? `${[...name].slice(0, LONGEST_NAME - 1).join('')}…` : name;

/** @param names of classes, by their index */
export function confusionMap({ classes, counts }: ConfusionMatrix, names: (index: number) => string): string {
  const columns = classes.map(names);
  // Classes that have no images were only predicted.
  const shown = classes.map((_, i) => i).filter((i) => counts[i].some((count) => count > 0));
  const rows = shown.map((i) => columns[i]);
  const cells = shown.map((i) => counts[i].flatMap((count, column) => (count ? [[column, count] as const] : [])));
  const { cell, font, fits } = measures(columns.length);
  const margin = font ? 14 + font * LETTER * Math.max(...columns.map((name) => [...shortened(name)].length)) : 4;
  const [left, top] = [Math.ceil(margin), Math.ceil(margin)];
  const [width, height] = [columns.length * cell, rows.length * cell];
  const size = `viewBox="0 0 ${left + width + 2} ${top + height + 2}" width="${left + width + 2}" height="${top + height + 2}"`;
  const frame = `x="${left}" y="${top}" width="${width}" height="${height}"`;
  const data = inertJson({ rows, columns, counts: cells, right: shown });
  return `<div class="map"><div class="scroll" tabindex="0" role="group" aria-label="Confusion matrix; arrow keys walk through it">
<svg${fits ? ' class="fit"' : ''} ${size} aria-hidden="true">
${font ? labels(rows, columns, { left, top, cell, font }) : ''}${squares(cells, shown, { left, top, cell })}
${cell > 30 ? numbers(cells, { left, top, cell }) : ''}<rect class="frame" ${frame}/>
<rect class="band across" x="${left}" width="${width}" height="${cell}" visibility="hidden"/><rect class="band down" y="${top}" width="${cell}" height="${height}" visibility="hidden"/><rect class="cursor" width="${cell}" height="${cell}" visibility="hidden"/>
</svg></div><div class="tip" role="status" hidden></div><script type="application/json">${data}</script></div>\n`;
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
}

type Cells = readonly (readonly (readonly [column: number, count: number])[])[];

function labels(rows: readonly string[], columns: readonly string[], place: Place & { readonly font: number }): string {
  const { left, top, cell, font } = place;
  const middle = (i: number) => i * cell + cell / 2 + font * 0.35;
  const name = (text: string) => escapeHtml(shortened(text));
  const beside = rows.map(
    (text, i) => `<text x="${left - 6}" y="${top + middle(i)}" text-anchor="end">${name(text)}</text>`,
  );
  const above = columns.map(
    (text, i) => `<text transform="translate(${left + middle(i)} ${top - 6}) rotate(-90)">${name(text)}</text>`,
  );
  return `<g font-size="${font}">${beside.join('')}${above.join('')}</g>\n`;
}

/** Squares as strong as their share of the line; mistakes on a scale of their own, since they are rarer. */
function squares(cells: Cells, rightColumns: readonly number[], { left, top, cell }: Place): string {
  const shares = cells.map((row) => {
    const total = row.reduce((sum, [, count]) => sum + count, 0);
    return row.map(([column, count]) => [column, count / total] as const);
  });
  const wrong = shares.flatMap((row, i) =>
    row.filter(([column]) => column !== rightColumns[i]).map(([, share]) => share),
  );
  const worst = wrong.reduce((most, share) => Math.max(most, share), 0);
  const gap = cell > 8 ? 1 : 0;
  const drawn = shares.flatMap((row, i) =>
    row.map(([column, share]) => {
      const right = column === rightColumns[i];
      const strength = 0.9 * Math.sqrt(right ? share : share / worst);
      const at = `x="${left + column * cell}" y="${top + i * cell}" width="${cell - gap}" height="${cell - gap}"`;
      return `<rect class="${right ? 'right' : 'wrong'}" ${at} fill-opacity="${strength.toFixed(2)}"/>`;
    }),
  );
  return drawn.join('');
}

function numbers(cells: Cells, { left, top, cell }: Place): string {
  const texts = cells.flatMap((row, i) =>
    row.map(([column, count]) => {
      const [x, y] = [left + column * cell + cell / 2, top + i * cell + cell / 2 + 4];
      return `<text x="${x}" y="${y}">${count.toLocaleString('en')}</text>`;
    }),
  );
  return `<g class="numbers" font-size="12" text-anchor="middle">${texts.join('')}</g>\n`;
}
