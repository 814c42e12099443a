/** A table that sorts by a column when its heading is pressed, for a page that includes its style and script. */
import { escapeHtml } from '../../io/html.ts';

export interface TableColumn {
  readonly label: string;
  /** Explains the label. */
  readonly title?: string;
  /** Numbers are right-aligned and sort from the greatest. */
  readonly numeric: boolean;
}

export interface TableCell {
  /** Markup. */
  readonly content: string;
  /** Sort key; null comes last. */
  readonly key: number | string | null;
}

export const tableStyle = `
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 7px; text-align: left; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--surface); font-weight: 600; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
td:first-child { min-width: 110px; }
td .share { width: 56px; }
th button { border: 0; background: none; padding: 2px 0; font-weight: 600; }
th button::after { content: '↕'; display: inline-block; width: 1.1em; color: var(--soft); opacity: .5; }
th[aria-sort=ascending] button::after { content: '↑'; opacity: 1; }
th[aria-sort=descending] button::after { content: '↓'; opacity: 1; }
.tall { max-height: 640px; overflow: auto; }
`;

export const tableScript = `
'use strict';
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const collator = new Intl.Collator(undefined, { numeric: true });
  heads.forEach((head, column) => {
    const numeric = head.classList.contains('number');
    const keyOf = (row) => row.cells[column].dataset.key;
    head.firstElementChild.onclick = () => {
      const was = head.getAttribute('aria-sort');
      const descending = was ? was === 'ascending' : numeric;
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const order = (a, b) => {
        const [left, right] = [keyOf(a), keyOf(b)];
        if (left === undefined || right === undefined) return (left === undefined) - (right === undefined);
        const by = numeric ? left - right : collator.compare(left, right);
        return descending ? -by : by;
      };
      body.append(...[...body.rows].sort(order));
    };
  });
}
`;

/** Rows keep their order until a heading is pressed. */
export function sortableTable(columns: readonly TableColumn[], rows: readonly (readonly TableCell[])[]): string {
  const align = (column: number) => (columns[column].numeric ? ' class="number"' : '');
  const heads = columns.map(({ label, title }, i) => {
    const hint = title === undefined ? '' : ` title="${escapeHtml(title)}"`;
    return `<th scope="col"${align(i)}><button type="button"${hint}>${escapeHtml(label)}</button></th>`;
  });
  const lines = rows.map((row) => {
    const cells = row.map(({ content, key }, i) => {
      const data = key === null ? '' : ` data-key="${escapeHtml(String(key))}"`;
      return `<td${align(i)}${data}>${content}</td>`;
    });
    return `<tr>${cells.join('')}</tr>\n`;
  });
  return `<div class="scroll tall" tabindex="0"><table class="sortable"><thead><tr>${heads.join('')}</tr></thead>\n<tbody>${lines.join('')}</tbody></table></div>\n`;
}
