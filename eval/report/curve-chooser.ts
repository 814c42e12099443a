/** Precision over recall: the mean over categories and, beside it, a chosen category. */

import { percent } from '../../datasets/index.ts';
import { escapeHtml, inertJson } from '../../io/html.ts';
import type { CategoryAnalysis } from '../analysis/categories.ts';
import type { PrecisionCurve } from '../analysis/curves.ts';
import { chart, type Line } from './charts.ts';

export const curveChooserStyle = `
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px 24px; }
.curves h3 { display: flex; align-items: center; gap: 10px; height: 34px; margin: 0 0 8px; font-size: 15px; font-weight: 600; }
.curve { margin: 0; max-width: 640px; }
.curves select { min-width: 0; max-width: 100%; }
select, input[type=search] {
  height: 34px; padding: 0 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--page); color: var(--text); font: inherit;
}
`;

/** Moves the chart's lines; their start and end are read from its grid. */
export const curveChooserScript = `
'use strict';
for (const chooser of document.querySelectorAll('.curves')) {
  const { recalls, curves } = JSON.parse(chooser.querySelector('script').textContent);
  const select = chooser.querySelector('select');
  const svg = select.closest('figure').querySelector('.chart');
  const lines = [...svg.querySelectorAll('.line')], grid = [...svg.querySelectorAll('.grid')];
  const at = (line, end) => line[end].baseVal.value;
  const [left, right] = [at(grid[0], 'x1'), at(grid[0], 'x2')];
  const [bottom, top] = [at(grid[0], 'y1'), at(grid[grid.length - 1], 'y1')];
  select.onchange = () => {
    curves[select.value].forEach((precisions, i) => {
      const points = precisions.map((precision, r) => [left + recalls[r] * (right - left), bottom + precision / 1000 * (top - bottom)]);
      lines[i].setAttribute('points', points.map(([x, y]) => x.toFixed(2) + ',' + y.toFixed(2)).join(' '));
    });
    svg.setAttribute('aria-label', 'Precision over recall of ' + select.selectedOptions[0].textContent);
  };
  select.onchange();
}
`;

const AXIS = { min: 0, max: 1, format: (value: number) => percent(value, 0) } as const;

interface Curves {
  readonly categories: readonly CategoryAnalysis[];
  readonly recalls: readonly number[];
  readonly curves: readonly PrecisionCurve[];
}

/** @param measure name of the similarity: IoU or OKS */
export function curveChooser({ categories, curves, recalls }: Curves, measure: string): string {
  const known = [...categories.keys()].filter((k) => categories[k].objects > 0);
  if (!known.length) return '<p class="soft">There are no objects.</p>';
  const most = known.reduce((best, k) => (categories[k].objects > categories[best].objects ? k : best));
  const lines = (of: (curve: PrecisionCurve) => readonly number[]) =>
    curves.map((curve): Line => {
      const label = curve.iou === null ? `mean over all ${measure}` : `${measure} ${curve.iou}`;
      return { kind: 'line', label, points: of(curve).map((precision, r) => [recalls[r], precision] as const) };
    });
  const drawn = (title: string, series: readonly Line[]) =>
    chart({ title, x: { ...AXIS, label: 'recall' }, y: { ...AXIS, label: 'precision' }, series });
  // The mean over one category is its own curve.
  if (known.length === 1) {
    const title = `Precision over recall of ${categories[most].name}`;
    return `<figure class="curve">${drawn(
      title,
      lines((curve) => curve.categories[most]),
    )}</figure>\n`;
  }
  const options = known.map(
    (k) => `<option value="${k}"${k === most ? ' selected' : ''}>${escapeHtml(categories[k].name)}</option>`,
  );
  const data = Object.fromEntries(
    known.map((k) => [k, curves.map((curve) => curve.categories[k].map((precision) => Math.round(1000 * precision)))]),
  );
  return `<div class="curves">
<figure><h3>Mean over categories</h3>${drawn(
    'Precision over recall, mean over categories',
    lines(({ mean }) => mean),
  )}</figure>
<figure><h3><label for="category">Category</label><select id="category" autocomplete="off">${options.join('')}</select></h3>${drawn(
    `Precision over recall of ${categories[most].name}`,
    lines((curve) => curve.categories[most]),
  )}</figure>
<script type="application/json">${inertJson({ recalls, curves: data })}</script></div>\n`;
}
