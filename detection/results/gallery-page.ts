/**
 * The fixed part of a gallery: markup, style and a policy that lets the page load nothing from anywhere and run no
 * script but its own. Records of pictures follow it in the file; `gallery.ts` writes them, `gallery-script.ts` reads
 * them.
 */
import { shapeStyle } from '../../datasets/draw/svg-shapes.ts';
import { escapeHtml, htmlHead } from '../../io/html.ts';
import { galleryScript } from './gallery-script.ts';

const style = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --surface: #ffffff; --text: #1b1f24; --soft: #5f6874; --line: #d9dde3; --accent: #1f6feb;
  --accent-text: #ffffff; --warn: #9a3412; --warn-back: #fff1e6; --row: 225px;
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1215; --surface: #1a1f24; --text: #e8ebee; --soft: #98a2ad; --line: #30373e; --accent: #6cb0ff;
    --accent-text: #0b1a2b; --warn: #ffb27d; --warn-back: #33210f;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--text); }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
bdi { unicode-bidi: isolate; }

.bar { position: sticky; top: 0; z-index: 2; background: var(--surface); border-bottom: 1px solid var(--line); padding: 12px 20px 10px; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 14px; margin-bottom: 10px; }
h1 { font-size: 18px; line-height: 1.3; margin: 0; overflow-wrap: anywhere; }
#status { color: var(--soft); font-variant-numeric: tabular-nums; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; }
.tools label { display: flex; align-items: center; gap: 8px; color: var(--soft); }
.tools input[type=search], .tools select {
  height: 34px; padding: 0 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--page); color: var(--text);
}
.tools input[type=search] { width: 220px; }
.tools input[type=range] { width: 150px; accent-color: var(--accent); }
.tools input[type=checkbox] { width: 16px; height: 16px; accent-color: var(--accent); margin: 0; }
output { color: var(--text); font-variant-numeric: tabular-nums; min-width: 2.4em; }
.filters { display: flex; align-items: flex-start; gap: 8px; margin-top: 10px; }
#categories { display: flex; flex-wrap: wrap; gap: 6px; flex: 1; min-width: 0; overflow: hidden; max-height: 30px; padding: 0; margin: 0; }
#categories.open { max-height: 38vh; overflow-y: auto; }
.chip {
  display: inline-flex; align-items: center; gap: 6px; height: 30px; max-width: 260px; padding: 0 10px; flex: none;
  border: 1px solid var(--line); border-radius: 15px; background: transparent; font-size: 14px;
}
.chip:focus-visible { outline-offset: -2px; }
.chip bdi { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip small { color: var(--soft); font-size: 13px; line-height: 1; padding-top: 1px; font-variant-numeric: tabular-nums; }
.chip:hover { border-color: var(--soft); }
.chip[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
.chip[aria-pressed=true] small { color: inherit; }
.chip.none { opacity: .6; }
#categories:not(.open) .none[aria-pressed=false] { display: none; }
.dot { width: 10px; height: 10px; border-radius: 50%; flex: none; background: var(--paint); box-shadow: 0 0 0 1px rgb(0 0 0 / .25); }
.plain { border: 0; background: none; color: var(--accent); height: 30px; padding: 0 6px; white-space: nowrap; border-radius: 6px; }
.plain:hover { text-decoration: underline; }

.note { margin: 14px 20px 0; padding: 10px 14px; border-radius: 8px; background: var(--warn-back); color: var(--warn); }
.note summary { cursor: pointer; font-weight: 600; }
.note ul { margin: 8px 0 0; padding: 0 0 0 18px; max-height: 40vh; overflow-y: auto; }
.note li { overflow-wrap: anywhere; margin: 2px 0; }
#empty { padding: 60px 20px; text-align: center; color: var(--soft); }

#grid { display: flex; flex-wrap: wrap; gap: 12px; padding: 16px 20px 40px; }
#grid::after { content: ''; flex: 1000000 0 0; }
.card {
  flex: var(--ratio) 1 calc(var(--ratio) * var(--row)); min-width: 0; max-width: 100%; position: relative; box-sizing: content-box;
  aspect-ratio: var(--ratio); padding-bottom: 32px; contain: strict; content-visibility: auto; border-radius: 10px; background: var(--surface);
  box-shadow: inset 0 0 0 1px var(--line);
}
.card:hover { box-shadow: inset 0 0 0 1px var(--soft); }
.shot { position: absolute; inset: 0 0 32px; width: 100%; padding: 0; border: 0; background: #101214; cursor: zoom-in; }
.shot:focus-visible { outline-offset: -3px; outline-width: 3px; }
.shot svg, .stage svg { display: block; width: 100%; height: 100%; }
.caption { position: absolute; inset: auto 0 0; display: flex; gap: 8px; height: 32px; align-items: center; padding: 0 10px; font-size: 13px; }
.caption bdi { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.caption span { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }

.object .box { fill: transparent; stroke: var(--paint); stroke-width: 2px; vector-effect: non-scaling-stroke; }
.object .tag { fill: var(--paint); }
${shapeStyle}.card .limb { stroke-width: 2px; }
.card .joint { stroke-width: 2.5px; }
.card .rim { stroke-width: 4.5px; }
.no-boxes .box, .no-boxes .tagged, .no-masks .mask, .no-keypoints .pose { display: none; }
.small { image-rendering: pixelated; }
.object text { fill: var(--ink); font-weight: 600; font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
.tucked { display: none; }
.stage.focused .object:not(.lit) { opacity: .13; }
.stage .tucked.lit { display: inline; }
.stage .object.lit .box { stroke-width: 3px; fill: color-mix(in srgb, var(--paint) 12%, transparent); }

html { scrollbar-gutter: stable; }
html:has(dialog[open]) { overflow: hidden; scrollbar-gutter: auto; }
dialog { width: 100%; height: 100dvh; max-width: none; max-height: none; margin: 0; padding: 0; border: 0; background: var(--page); color: var(--text); overflow: hidden; }
dialog[open] { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) 300px; }
dialog:focus { outline: none; }
dialog::backdrop { background: rgb(0 0 0 / .7); }
.viewbar { grid-column: 1 / -1; display: flex; align-items: center; gap: 6px; padding: 8px 12px; background: var(--surface); border-bottom: 1px solid var(--line); }
.viewbar h2 { flex: 1; min-width: 0; font-size: 15px; margin: 0 8px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.viewbar span { color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
.viewbar button, .viewbar a {
  display: inline-grid; place-items: center; min-width: 36px; height: 34px; padding: 0 10px; border: 1px solid var(--line);
  border-radius: 8px; background: var(--page); color: var(--text); text-decoration: none; white-space: nowrap;
}
.viewbar button:hover, .viewbar a:hover { border-color: var(--soft); }
.viewbar button:disabled { opacity: .35; cursor: default; }
.stage { min-width: 0; min-height: 0; padding: 14px; background: #0c0e10; }
.side { overflow-y: auto; background: var(--surface); border-left: 1px solid var(--line); }
#objects { list-style: none; margin: 0; padding: 8px; }
#objects button { display: flex; width: 100%; align-items: center; gap: 10px; padding: 7px 10px; border: 0; border-radius: 7px; background: none; text-align: left; }
#objects button.lit { background: color-mix(in srgb, var(--accent) 18%, transparent); }
#objects span:nth-child(2) { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#objects span:last-child { color: var(--soft); font-variant-numeric: tabular-nums; }
.side .kinds { display: flex; flex-wrap: wrap; gap: 6px 16px; padding: 12px 18px 4px; }
.kinds label { display: flex; align-items: center; gap: 8px; color: var(--soft); }
.kinds input { width: 16px; height: 16px; accent-color: var(--accent); margin: 0; }
.tools .kinds { display: flex; flex-wrap: wrap; gap: 8px 16px; }
.side p { margin: 0; padding: 14px 18px; color: var(--soft); }

@media (max-width: 720px) {
  :root { --row: 180px; }
  .bar { position: static; padding: 10px 12px; }
  .tools input[type=search] { width: 100%; }
  .tools > label:first-child { width: 100%; }
  .tools > label:nth-child(2) input { width: 120px; }
  #categories:not(.open) { flex-wrap: nowrap; overflow-x: auto; max-height: none; scrollbar-width: none; }
  #grid { gap: 8px; padding: 10px 12px 30px; }
  .note { margin: 10px 12px 0; }
  .card { border-radius: 8px; }
  dialog[open] { grid-template: auto minmax(0, 1fr) minmax(110px, 32dvh) / minmax(0, 1fr); }
  .stage { padding: 0; }
  .side { border-left: 0; border-top: 1px solid var(--line); }
  .viewbar h2 { margin: 0 2px; }
  .viewbar #place { display: none; }
}
@media (prefers-reduced-motion: no-preference) { .chip { transition: border-color .15s; } .object { transition: opacity .12s; } }
`;

const markup = (title: string) => `
<header class="bar">
<div class="head"><h1><bdi>${escapeHtml(title)}</bdi></h1><span id="status" role="status">Loading…</span></div>
<div class="tools">
<label><span>Search</span> <input id="search" type="search" placeholder="file name" autocomplete="off" spellcheck="false"></label>
<label>Score above <input id="score" type="range" min="0" max="1" step="0.01" value="0"> <output id="least" for="score"></output></label>
<label>Sort <select id="sort"><option value="name">file name</option><option value="count">most objects</option><option value="best">highest score</option></select></label>
<label><input id="found" type="checkbox"> only with objects</label>
<span class="kinds" role="group" aria-label="Show" hidden></span>
</div>
<div class="filters"><div id="categories" role="group" aria-label="Categories"></div><button id="more" class="plain" type="button" aria-expanded="false" aria-controls="categories" hidden></button><button id="clear" class="plain" type="button" hidden>Clear</button></div>
</header>
<p id="unfinished" class="note" hidden></p>
<p id="none" class="note" hidden></p>
<p id="bare" class="note" hidden></p>
<details id="failures" class="note" hidden><summary></summary><ul></ul></details>
<main>
<div id="grid" role="list" aria-label="Pictures"></div>
<p id="empty" hidden>No picture matches. <button id="reset" class="plain" type="button">Show all</button></p>
</main>
<noscript><p class="note">The pictures are in this file; showing them takes JavaScript.</p></noscript>
<dialog id="viewer" aria-labelledby="name" tabindex="-1">
<div class="viewbar"><button id="previous" type="button" aria-label="Previous picture" title="Previous (←)">←</button><button id="next" type="button" aria-label="Next picture" title="Next (→)">→</button><h2 id="name"></h2><span id="place"></span><a id="open" target="_blank" rel="noopener">Open file</a><button id="close" type="button" aria-label="Close" title="Close (Esc)">✕</button></div>
<div id="stage" class="stage"></div>
<div class="side"><div class="kinds" role="group" aria-label="Show" hidden></div><p id="nothing" hidden>Nothing found above this score.</p><ol id="objects"></ol></div>
</dialog>
`;

/**
 * Everything that comes before the first record.
 * @param expected Number of pictures the run set out to do
 * @param score Where the score's slider stands at first
 */
export function pageHead(title: string, expected: number, score: number): string {
  return `${htmlHead(title, [style], [galleryScript])}
<body data-expected="${expected}" data-score="${score}">
${markup(title)}<script>${galleryScript}</script>
`;
}
