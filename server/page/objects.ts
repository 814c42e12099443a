import type { Detection } from '../../detection/name-detections.ts';
import type { Detected } from './ask.ts';
import { byId, drawn, element, paint } from './elements.ts';

const overlay = document.getElementById('overlay') as unknown as SVGSVGElement;
const score = byId('score', 'input');
const categories = byId('categories', 'fieldset');
const list = byId('objects', 'ul');

let found: Detected | undefined;
const chosen = new Set<string>();

/** The objects that are shown: of the score that is wanted or more, and of the chosen categories. */
export function shownObjects(): readonly Detection[] {
  const least = Number(score.value);
  return (found?.detections ?? []).filter(({ label, score }) => score >= least && (!chosen.size || chosen.has(label)));
}

/** Shows what was detected in the picture that is on the page; nothing, for undefined. */
export function showObjects(detected: Detected | undefined): void {
  found = detected;
  chosen.clear();
  showCategories();
  draw();
}

/** How many there are of each label, most first. */
function counts(): [label: string, count: number][] {
  const least = Number(score.value);
  const all = new Map<string, number>();
  for (const { label, score } of found?.detections ?? []) {
    if (score >= least) all.set(label, (all.get(label) ?? 0) + 1);
  }
  return [...all].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** In words, for the status line. */
export function describeObjects(): string {
  const all = counts();
  if (!all.length) return 'No objects of this score.';
  return `${all.map(([label, count]) => `${count} × ${label}`).join(', ')}.`;
}

function showCategories(): void {
  const chips = counts().map(([label, count]) => {
    const chip = element(
      'button',
      { type: 'button' },
      paint(element('span', { className: 'dot' }), label),
      `${label} ${count}`,
    );
    chip.setAttribute('aria-pressed', String(chosen.has(label)));
    chip.addEventListener('click', () => {
      if (!chosen.delete(label)) chosen.add(label);
      chip.setAttribute('aria-pressed', String(chosen.has(label)));
      draw();
    });
    return chip;
  });
  categories.replaceChildren(...chips);
}

/** Singles one object out, in the picture and in the list; none, for undefined. */
function point(group: SVGGElement | undefined): void {
  for (const other of overlay.querySelectorAll('g')) other.classList.toggle('pointed', other === group);
  overlay.classList.toggle('single', group !== undefined);
}

function draw(): void {
  if (found) overlay.setAttribute('viewBox', `0 0 ${found.width} ${found.height}`);
  overlay.setAttribute('preserveAspectRatio', 'none');
  const objects = shownObjects();
  const groups = objects.map(box);
  // The best ones lie on top.
  overlay.replaceChildren(...groups.toReversed());
  const rows = objects.map(({ label, score }, i) => {
    const button = element(
      'button',
      { type: 'button' },
      paint(element('span', { className: 'dot' }), label),
      label,
      element('span', { className: 'score' }, score.toFixed(2)),
    );
    for (const event of ['mouseenter', 'focus']) button.addEventListener(event, () => point(groups[i]));
    for (const event of ['mouseleave', 'blur']) button.addEventListener(event, () => point(undefined));
    return element('li', {}, button);
  });
  list.replaceChildren(...rows);
  fitTags();
}

const TEXT = 13;

function box({ bbox: [x, y, width, height], label, score }: Detection): SVGGElement {
  const text = `${label} ${score.toFixed(2)}`;
  const group = drawn(
    'g',
    { tabindex: 0, role: 'img', 'aria-label': text },
    drawn('rect', { class: 'box', x, y, width, height }),
    // `fitTags` says where.
    drawn('rect', { class: 'tag' }),
    drawn('text', {}, text),
  );
  group.addEventListener('mouseenter', () => point(group));
  group.addEventListener('mouseleave', () => point(undefined));
  group.addEventListener('focus', () => point(group));
  group.addEventListener('blur', () => point(undefined));
  return paint(group, label);
}

/**
 * Tags keep their size on the screen, however large the picture is shown, and do not cover one another: higher scores
 * choose first; one that finds no place is shown when its object is pointed at.
 */
function fitTags(): void {
  const shown = overlay.getBoundingClientRect();
  if (!found || !shown.width) return;
  const scale = found.width / shown.width;
  const height = 20 * scale;
  const taken: DOMRect[] = [];
  // The best ones come last, so that they lie on top.
  for (const group of [...overlay.querySelectorAll('g')].toReversed()) {
    const [frame, tag, text] = group.children as unknown as [SVGRectElement, SVGRectElement, SVGTextElement];
    text.style.fontSize = `${TEXT * scale}px`;
    const width = text.getComputedTextLength() + 10 * scale;
    const box = frame.getBBox();
    const x = Math.max(0, Math.min(box.x, found.width - width));
    const places = [box.y - height, box.y, box.y + box.height - height, box.y + box.height]
      .filter((y) => y >= 0 && y + height <= found!.height)
      .map((y) => new DOMRect(x, y, width, height));
    const place = places.find((one) => !taken.some((other) => overlap(one, other)));
    group.classList.toggle('crowded', !place);
    if (place) taken.push(place);
    const { y } = place ?? places[0] ?? new DOMRect(x, Math.max(0, box.y), width, height);
    for (const [name, value] of Object.entries({ x, y, width, height })) tag.setAttribute(name, String(value));
    text.setAttribute('x', String(x + 5 * scale));
    text.setAttribute('y', String(y + 15 * scale));
  }
}

const overlap = (a: DOMRect, b: DOMRect): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

new ResizeObserver(fitTags).observe(overlay);

/** Calls back when another score is chosen, after the picture follows it. */
export function onScore(changed: () => void): void {
  score.addEventListener('input', () => {
    byId('score-value', 'output').value = Number(score.value).toFixed(2);
    showCategories();
    draw();
    changed();
  });
}
