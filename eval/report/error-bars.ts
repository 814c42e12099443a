/** What errors cost, as bars, for a page that includes its style and `chartStyle`. */

import { percent } from '../../datasets/index.ts';
import { escapeHtml } from '../../io/html.ts';
import type { ErrorBreakdown, ErrorCost } from '../analysis/error-breakdown.ts';
import { type ErrorType, errorTypes } from '../analysis/error-types.ts';
import { shareBar } from './charts.ts';

export const errorBarsStyle = `
.errors { margin: 0; padding: 0; list-style: none; }
.errors li {
  display: grid; grid-template-columns: minmax(200px, 400px) minmax(60px, 1fr) 4.5em 9em; align-items: center; gap: 2px 14px;
  padding: 8px 0; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums;
}
.errors li:last-child { border-bottom: 0; }
.errors b { font-weight: 600; display: block; }
.errors .soft { font-size: 13px; line-height: 1.35; }
.errors .share { width: 100%; height: 14px; }
.errors .share rect { fill: var(--bad); }
.errors .sum .share rect { fill: var(--soft); }
.errors .cost { text-align: right; font-weight: 600; }
.errors .count { text-align: right; }
@media (max-width: 720px) {
  .errors li { grid-template-columns: minmax(0, 1fr) auto; }
  .errors .what { grid-column: 1 / -1; }
  .errors .share { grid-row: 2; grid-column: 1; }
  .errors .count { grid-row: 3; grid-column: 1; text-align: left; }
}
`;

const MEANINGS: Readonly<Record<ErrorType, readonly [name: string, meaning: (measure: string) => string]>> = {
  classification: ['Classification', (measure) => `in the right place (${measure} ≥ 0.5), but of another category`],
  localisation: ['Localization', (measure) => `of the right category, but not quite in place (${measure} 0.1 to 0.5)`],
  both: ['Both', (measure) => `neither the right category nor quite in place (${measure} 0.1 to 0.5)`],
  duplicate: ['Duplicate', () => 'of an object that a better detection already matches'],
  background: ['Background', (measure) => `of nothing (${measure} with every object ≤ 0.1)`],
  missed: ['Missed', () => 'objects that no detection matches or was meant for'],
};

/** @param measure name of the similarity: IoU or OKS */
export function errorBars({ errors, falseNegatives, falsePositives }: ErrorBreakdown, measure: string): string {
  const costs = [...errorTypes.map((type) => errors[type]), falsePositives, falseNegatives];
  const most = Math.max(...costs.map(({ dAP }) => dAP)) || 1;
  const row = (name: string, meaning: string, { count, dAP }: ErrorCost, what: string, isSum = false) => {
    const counted = `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
    return `<li${isSum ? ' class="sum"' : ''}><span class="what"><b>${name}</b><span class="soft">${escapeHtml(meaning)}</span></span>${shareBar(Math.max(0, dAP) / most)}<span class="cost">${percent(dAP)}</span><span class="count soft">${counted}</span></li>\n`;
  };
  const rows = errorTypes.map((type) => {
    const [name, meaning] = MEANINGS[type];
    return row(name, meaning(measure), errors[type], type === 'missed' ? 'object' : 'detection');
  });
  const sums = [
    row('All false positives', 'with no false detection at all', falsePositives, 'detection', true),
    row('All false negatives', 'with every object found', falseNegatives, 'object', true),
  ];
  return `<ol class="errors">${rows.join('')}${sums.join('')}</ol>\n`;
}
