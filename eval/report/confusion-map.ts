/**
 * A confusion matrix as a heat map, for a page that includes its style and script: one line per true class. Pointing at
 * a cell, or moving to it with the arrow keys, shows its numbers.
 */

import { percent, textWidth } from '../../datasets/index.ts';
import { escapeHtml, inertJson } from '../../io/html.ts';
import type { ConfusionMatrix } from '../classification/confusion.ts';

export const confusionMapStyle = `
.map { position: relative; width: fit-content; max-width: 100%; }
.map svg { display: block; height: auto; font-variant-numeric: tabular-nums; touch-action: pan-x pan-y pinch-zoom; }
.map text { fill: var(--soft); }
.map .numbers text { fill: var(--text); pointer-events: none; }
.map .numbers .strong { fill: #0c0e10; }
.map:has(.large:not(:checked)) svg { width: 100%; }
.map:has(.large:not(:checked)) .numbers { display: none; }
.map label { display: flex; align-items: center; gap: 8px; margin: 0 0 8px; }
.map input { width: 16px; height: 16px; margin: 0; accent-color: var(--accent); }
.map .frame { fill: none; stroke: var(--line); pointer-events: all; }
.map .right { fill: var(--good); }
.map .wrong { fill: var(--bad); }
.map .band { fill: var(--text); fill-opacity: .07; pointer-events: none; }
.map .cursor { fill: none; stroke: var(--text); stroke-width: 1.5; pointer-events: none; }
.tip {
  position: absolute; z-index: 1; width: max-content; max-width: min(280px, 90%); padding: 6px 10px; border-radius: 8px; pointer-events: none;
  background: var(--text); color: var(--surface); font-size: 13px; line-height: 1.35;
}
`;

export const confusionMapScript = `
'use strict';
${percent}
for (const map of document.querySelectorAll('.map')) {
  const { names, counts } = JSON.parse(map.querySelector('script').textContent);
  const [frame, cursor, across, down] = ['.frame', '.cursor', '.across', '.down'].map((name) => map.querySelector(name));
  const scroller = map.querySelector('.scroll'), tip = map.querySelector('.tip');
  const size = Number(frame.getAttribute('width')) / names.length;
  const [left, top] = ['x', 'y'].map((name) => Number(frame.getAttribute(name)));
  let row = -1, column = -1;
  const hide = () => { for (const node of [cursor, across, down]) node.setAttribute('visibility', 'hidden'); tip.hidden = true; };
  const show = (toRow, toColumn) => {
    if (toRow !== row || toColumn !== column || tip.hidden) {
      [row, column] = [toRow, toColumn];
      const total = counts[row].reduce((sum, [, count]) => sum + count, 0);
      const [, count] = counts[row].find(([at]) => at === column) || [0, 0];
      const [shown, taken] = [names[row], names[column]];
      const share = count.toLocaleString() + ' of ' + total.toLocaleString() + (total ? ' (' + percent(count / total) + ')' : '');
      tip.textContent = (row === column ? shown + ', told right: ' : shown + ' taken for ' + taken + ': ') + share;
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
    const toRow = Math.floor((event.clientY - box.top) / box.height * names.length);
    const toColumn = Math.floor((event.clientX - box.left) / box.width * names.length);
    if (toRow >= 0 && toRow < names.length && toColumn >= 0 && toColumn < names.length) show(toRow, toColumn);
    else hide();
  };
  map.onpointerleave = scroller.onblur = hide;
  scroller.onfocus = () => { if (scroller.matches(':focus-visible')) show(Math.max(0, row), Math.max(0, column)); };
  scroller.onkeydown = (event) => {
    const [by, along] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] || [];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(Math.max(0, Math.min(names.length - 1, row + by)), Math.max(0, Math.min(names.length - 1, column + along)));
    cursor.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
}
`;

/** The smallest cells with names beside them. */
const SMALLEST_NAMED = 8;
/** A matrix of more classes can be reduced to the page's width, without numbers. */
const NUMBERED_AT_ONCE = 40;
/** Width of a matrix of many hundreds of classes, in pixels. */
const WIDTH = 1040;

/** Sizes in pixels for a matrix of `classes` classes: cells, their numbers and the names beside them; 0 for none. */
function measures(classes: number): { readonly cell: number; readonly font: number; readonly digits: number } {
  if (classes <= 12) return { cell: 46, font: 13, digits: 12 };
  if (classes <= NUMBERED_AT_ONCE) return { cell: 30, font: 12, digits: 11 };
  if (classes <= 120) return { cell: 26, font: 12, digits: 10 };
  const cell = Math.max(2, Math.floor(WIDTH / classes));
  return { cell, font: cell < SMALLEST_NAMED ? 0 : cell - 1, digits: 0 };
}

/** The page's font may be wider than the measured one. */
const SLACK = 1.15;

/**
 * Lines and columns are the same classes: all labels and predictions.
 *
 * @param nameOf the name of a class by its index
 */
export function confusionMap({ classes, counts }: ConfusionMatrix, nameOf: (index: number) => string): string {
  const kept = classes
    .map((_, i) => i)
    .filter((i) => counts.some((row, k) => row[i] > 0 || (k === i && row.some(Boolean))));
  if (!kept.length) return '<p class="soft">There is nothing to show.</p>\n';
  const names = kept.map((i) => nameOf(classes[i]));
  const cells = kept.map((i) => kept.flatMap((k, column) => (counts[i][k] ? [[column, counts[i][k]] as const] : [])));
  const { cell, font, digits } = measures(names.length);
  const widest = Math.max(...names.map((name) => textWidth(name, font)));
  const left = font ? Math.ceil(14 + SLACK * widest) : 4;
  const place = { left, top: left, cell };
  const width = names.length * cell;
  const whole = left + width + 2;
  const frame = `x="${left}" y="${left}" width="${width}" height="${width}"`;
  const data = inertJson({ names, counts: cells });
  const asks = digits > 0 && names.length > NUMBERED_AT_ONCE;
  const enlarge =
    '<label><input type="checkbox" class="large" autocomplete="off" checked>large, with numbers</label>\n';
  return `<div class="map">${asks ? enlarge : ''}<div class="scroll" tabindex="0" role="group" aria-label="Confusion matrix; arrow keys walk through it">
<svg viewBox="0 0 ${whole} ${whole}" width="${whole}" height="${whole}" aria-hidden="true">
${font ? labels(names, place, font) : ''}${squares(cells, place, digits)}
<rect class="frame" ${frame}/>
<rect class="band across" x="${left}" width="${width}" height="${cell}" visibility="hidden"/><rect class="band down" y="${left}" width="${cell}" height="${width}" visibility="hidden"/><rect class="cursor" width="${cell}" height="${cell}" visibility="hidden"/>
</svg></div><div class="tip" role="status" hidden></div><script type="application/json">${data}</script></div>\n`;
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
}

type Cells = readonly (readonly (readonly [column: number, count: number])[])[];

function labels(names: readonly string[], { left, top, cell }: Place, font: number): string {
  const middle = (i: number) => i * cell + cell / 2 + font * 0.35;
  const beside = names.map(
    (name, i) => `<text x="${left - 6}" y="${top + middle(i)}" text-anchor="end">${escapeHtml(name)}</text>`,
  );
  const above = names.map(
    (name, i) => `<text transform="translate(${left + middle(i)} ${top - 6}) rotate(-90)">${escapeHtml(name)}</text>`,
  );
  return `<g font-size="${font}">${beside.join('')}${above.join('')}</g>\n`;
}

/** A cell at least this strong has a dark number, in the dark theme too. */
const STRONG = 0.65;

/**
 * Squares, shaded by their share of the line; mistakes have their own scale, since they are rarer. Numbers are on top.
 *
 * @param digits font size of the numbers; 0 for none
 */
function squares(cells: Cells, { left, top, cell }: Place, digits: number): string {
  const shares = cells.map((row) => {
    const total = row.reduce((sum, [, count]) => sum + count, 0);
    return row.map(([column, count]) => ({ column, count, share: count / total }));
  });
  const wrong = shares.flatMap((row, i) => row.filter(({ column }) => column !== i).map(({ share }) => share));
  const worst = wrong.reduce((most, share) => Math.max(most, share), 0);
  const gap = cell > 8 ? 1 : 0;
  const drawn = shares.flatMap((row, i) =>
    row.map(({ column, count, share }) => {
      const right = column === i;
      const strength = 0.9 * Math.sqrt(right ? share : share / worst);
      const [x, y] = [left + column * cell, top + i * cell];
      return {
        square: `<rect class="${right ? 'right' : 'wrong'}" x="${x}" y="${y}" width="${cell - gap}" height="${cell - gap}" fill-opacity="${strength.toFixed(2)}"/>`,
        number: `<text${strength > STRONG ? ' class="strong"' : ''} x="${x + cell / 2}" y="${y + cell / 2 + digits * 0.35}">${shortNumber(count, cell / digits)}</text>`,
      };
    }),
  );
  const numbers = drawn.map(({ number }) => number).join('');
  return (
    drawn.map(({ square }) => square).join('') +
    (digits ? `\n<g class="numbers" font-size="${digits}" text-anchor="middle">${numbers}</g>` : '')
  );
}

const LETTER = 0.64;

/** A count, in thousands if there is no room: `12k`. */
function shortNumber(count: number, room: number): string {
  const whole = count.toLocaleString('en');
  return whole.length * LETTER <= room ? whole : `${Math.round(count / 1000)}k`;
}
