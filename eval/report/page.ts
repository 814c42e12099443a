/**
 * The skeleton of a report page: one HTML file that needs no server. Its policy lets it load nothing and run only its
 * own scripts. Light and dark, from phone width up. All text goes through `escapeHtml`.
 */
import { escapeHtml, htmlHead } from '../../io/html.ts';

export interface PageParts {
  readonly title: string;
  /** Shown below the title: what was measured. */
  readonly subtitle: string;
  /** Styles besides the skeleton's own. */
  readonly styles: readonly string[];
  /** JavaScript for the browser. The policy forbids it to fetch anything. */
  readonly scripts: readonly string[];
  /** Markup of the sections. `style` attributes have no effect; classes and SVG's own attributes do. */
  readonly body: string;
}

/** Text from others, with its own direction. */
export const foreign = (text: string): string => `<bdi>${escapeHtml(text)}</bdi>`;

/** A part of the page under a heading. */
export const section = (title: string, content: string, note = ''): string =>
  `<section><h2>${escapeHtml(title)}</h2>${note && `<p class="soft">${escapeHtml(note)}</p>`}\n${content}</section>\n`;

/** An important number and its label. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  /** Explains the label. */
  readonly note: string;
}

/** The numbers at the top of a page. */
export function figures(list: readonly Figure[]): string {
  const items = list.map(
    ({ label, value, note }) =>
      `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd><dd class="soft">${escapeHtml(note)}</dd></div>`,
  );
  return `<dl class="figures">${items.join('')}</dl>\n`;
}

const style = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --surface: #ffffff; --text: #1b1f24; --soft: #5f6874; --line: #d9dde3; --accent: #1f6feb;
  --warn: #9a3412; --warn-back: #fff1e6; --good: #3d8bfd; --bad: #e8590c;
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1215; --surface: #1a1f24; --text: #e8ebee; --soft: #98a2ad; --line: #30373e; --accent: #6cb0ff;
    --warn: #ffb27d; --warn-back: #33210f; --good: #3f83e0; --bad: #d9581b;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
bdi { unicode-bidi: isolate; }
.soft { color: var(--soft); }
main { max-width: 1240px; margin: 0 auto; padding: 24px 20px 60px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; }
header h1 { font-size: 24px; line-height: 1.25; margin: 0; }
header p { margin: 4px 0 0; color: var(--soft); }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px 20px; min-width: 0; }
h2 { font-size: 17px; margin: 0 0 4px; }
section > p { margin: 0 0 12px; max-width: 78ch; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0; }
.figures div { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 12px 16px; }
.figures dt { color: var(--soft); }
.figures dd { margin: 0; }
.figures dd:first-of-type { font-size: 26px; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures dd:last-of-type { font-size: 13px; line-height: 1.35; }
.scroll { overflow-x: auto; }
.note { margin: 0; padding: 10px 14px; border-radius: 8px; background: var(--warn-back); color: var(--warn); }
.note summary { cursor: pointer; font-weight: 600; }
.note ul { margin: 8px 0 0; padding: 0 0 0 18px; max-height: 40vh; overflow-y: auto; }
@media (max-width: 720px) {
  main { padding: 14px 10px 40px; gap: 10px; }
  .pair { gap: 10px; }
  section { padding: 14px 12px; border-radius: 10px; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .figures div { padding: 10px 12px; }
  .figures dd:first-of-type { font-size: 22px; }
}
`;

/** The whole page. */
export function page({ title, subtitle, styles, scripts, body }: PageParts): string {
  return `${htmlHead(title, [style, ...styles], scripts)}
<body>
<main>
<header><h1>${foreign(title)}</h1><p>${escapeHtml(subtitle)}</p></header>
${body}</main>
${scripts.map((text) => `<script>${text}</script>`).join('\n')}
</body>
</html>
`;
}
