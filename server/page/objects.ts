import { boxLabel, percent } from '../../datasets/draw/box-label.ts';
import { type Detection, isAbove } from '../../detection/results/name-detections.ts';
import type { Detected } from './ask.ts';
import { byId, drawn, element, paint } from './elements.ts';

const overlay = document.getElementById('overlay') as unknown as SVGSVGElement;
const score = byId('score', 'input');
const categories = byId('categories', 'fieldset');
const list = byId('objects', 'ul');

/** The drawn parts of an object. */
interface Drawn {
  readonly box: SVGGElement;
  readonly tag: SVGGElement;
}

let found: Detected | undefined;
/** Best first. */
let shown: readonly Drawn[] = [];
const chosen = new Set<string>();

/** The objects that are shown: above the chosen score, and of the chosen categories. */
export function shownObjects(): readonly Detection[] {
  const least = Number(score.value);
  return (found?.detections ?? []).filter(
    ({ label, score }) => isAbove(score, least) && (!chosen.size || chosen.has(label)),
  );
}

/** Shows the detections of the current image; none for undefined. */
export function showObjects(detected: Detected | undefined): void {
  found = detected;
  chosen.clear();
  showCategories();
  draw();
}

/** The number of objects of each label, most first, and the category of its color. */
function counts(): { label: string; count: number; category: number }[] {
  const least = Number(score.value);
  const all = new Map<string, { label: string; count: number; category: number }>();
  for (const { category_id, label, score } of found?.detections ?? []) {
    if (isAbove(score, least))
      all.set(label, { label, count: 1 + (all.get(label)?.count ?? 0), category: category_id });
  }
  return [...all.values()].sort((a, b) => b.count - a.count || a.label.localeCompare(b.label));
}

/** The shown objects in words, for the status line. */
export function describeObjects(): string {
  const all = counts();
  if (!all.length) return 'No objects above this score.';
  return `${all.map(({ label, count }) => `${count} × ${label}`).join(', ')}.`;
}

function showCategories(): void {
  const chips = counts().map(({ label, count, category }) => {
    const chip = element(
      'button',
      { type: 'button' },
      paint(element('span', { className: 'dot' }), category),
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

/** Highlights the box and tag of one object; none for undefined. */
function point(object: Drawn | undefined): void {
  for (const { box, tag } of shown) {
    for (const part of [box, tag]) part.classList.toggle('pointed', box === object?.box);
  }
  overlay.classList.toggle('single', object !== undefined);
}

/** Highlights an object while the pointer or the keyboard's focus is on a part of it. */
function pointFrom(part: Element, object: Drawn): void {
  for (const event of ['mouseenter', 'focus']) part.addEventListener(event, () => point(object));
  for (const event of ['mouseleave', 'blur']) part.addEventListener(event, () => point(undefined));
}

function draw(): void {
  if (found) overlay.setAttribute('viewBox', `0 0 ${found.width} ${found.height}`);
  overlay.setAttribute('preserveAspectRatio', 'none');
  const objects = shownObjects();
  shown = objects.map(drawObject);
  // The best objects are on top. All tags are above all lines, so that no line crosses a name.
  const layer = (name: string, parts: readonly SVGGElement[]) => drawn('g', { class: name }, ...parts.toReversed());
  overlay.replaceChildren(
    layer(
      'boxes',
      shown.map(({ box }) => box),
    ),
    layer(
      'tags',
      shown.map(({ tag }) => tag),
    ),
  );
  const rows = objects.map(({ category_id, label, score }, i) => {
    const button = element(
      'button',
      { type: 'button' },
      paint(element('span', { className: 'dot' }), category_id),
      label,
      element('span', { className: 'score' }, percent(score, 0)),
    );
    pointFrom(button, shown[i]);
    return element('li', {}, button);
  });
  list.replaceChildren(...rows);
  fitTags();
}

const TEXT = 13;

function drawObject({ bbox: [x, y, width, height], category_id, label, score }: Detection): Drawn {
  const text = boxLabel(label, score);
  const attributes = { class: 'object', tabindex: 0, role: 'img', 'aria-label': text };
  const box = drawn('g', attributes, drawn('rect', { class: 'box', x, y, width, height }));
  // `fitTags` places it.
  const tag = drawn('g', { 'aria-hidden': 'true' }, drawn('rect', { class: 'tag' }), drawn('text', {}, text));
  const object = { box, tag };
  for (const part of [box, tag]) pointFrom(paint(part, category_id), object);
  return object;
}

/**
 * Places the tags. They have a fixed size on the screen and do not cover one another: higher scores choose first. A tag
 * without a place is shown only while its object is highlighted.
 */
function fitTags(): void {
  const screen = overlay.getBoundingClientRect();
  if (!found || !screen.width) return;
  const scale = found.width / screen.width;
  const height = 20 * scale;
  const taken: DOMRect[] = [];
  for (const { box: frame, tag: group } of shown) {
    const [tag, text] = group.children as unknown as [SVGRectElement, SVGTextElement];
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

/** Calls back after another score is chosen and the image is updated. */
export function onScore(changed: () => void): void {
  score.addEventListener('input', () => {
    byId('score-value', 'output').value = percent(Number(score.value), 0);
    showCategories();
    draw();
    changed();
  });
}
