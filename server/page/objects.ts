import { boxLabel, percent } from '../../datasets/draw/box-label.ts';
import { categoryPaint } from '../../datasets/draw/palette.ts';
import type { DetectionRecord } from '../../detection/results/detection-record.ts';
import { isAbove } from '../../detection/results/name-detections.ts';
import type { Category, Detected } from './ask.ts';
import { byId, drawn, element, paint } from './elements.ts';
import { isDrawn, type Layer, offerLayers } from './layers.ts';
import { outlinePath, skeletonStrokes } from './shapes.ts';

const overlay = document.getElementById('overlay') as unknown as SVGSVGElement;
const score = byId('score', 'input');
const categories = byId('categories', 'fieldset');
const list = byId('objects', 'ul');

/** The drawn parts of an object. */
interface Drawn {
  readonly object: DetectionRecord;
  readonly mask: SVGGElement;
  readonly box: SVGGElement;
  readonly skeleton: SVGGElement;
  readonly tag: SVGGElement;
}

let found: Detected | undefined;
let known: ReadonlyMap<number, Category> = new Map();
/** Best first. */
let shown: readonly Drawn[] = [];
const chosen = new Set<string>();

/** The objects that are shown: above the chosen score, and of the chosen categories. */
export function shownObjects(): readonly DetectionRecord[] {
  const least = Number(score.value);
  return (found?.detections ?? []).filter(
    ({ label, score }) => isAbove(score, least) && (!chosen.size || chosen.has(label)),
  );
}

/** The category of an object, whose joints it names. */
export const categoryOf = ({ category_id, label }: DetectionRecord): Category =>
  known.get(category_id) ?? { id: category_id, name: label };

/** Shows the detections of the current image; none for undefined. @param categories those that have joints */
export function showObjects(detected: Detected | undefined, categories: readonly Category[] = []): void {
  found = detected;
  known = new Map(categories.map((category) => [category.id, category]));
  chosen.clear();
  offerLayers(detected?.detections ?? [], draw);
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
  for (const one of shown) {
    const { box, mask, skeleton, tag } = one;
    for (const part of [mask, box, skeleton, tag]) part.classList.toggle('pointed', one === object);
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
  const layer = (name: string, of: Layer, partOf: (one: Drawn) => SVGGElement) =>
    drawn('g', { class: name, ...(isDrawn(of) ? {} : { display: 'none' }) }, ...shown.map(partOf).toReversed());
  overlay.replaceChildren(
    layer('masks', 'masks', ({ mask }) => mask),
    layer('boxes', 'boxes', ({ box }) => box),
    layer('skeletons', 'keypoints', ({ skeleton }) => skeleton),
    layer('tags', 'boxes', ({ tag }) => tag),
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

function drawObject(object: DetectionRecord): Drawn {
  const { bbox, category_id, label, score } = object;
  const [x, y, width, height] = bbox;
  const text = boxLabel(label, score);
  const attributes = { class: 'object', tabindex: 0, role: 'img', 'aria-label': text };
  const box = drawn('g', attributes, drawn('rect', { class: 'box', x, y, width, height }));
  // `fitTags` places it.
  const tag = drawn('g', { 'aria-hidden': 'true' }, drawn('rect', { class: 'tag' }), drawn('text', {}, text));
  const outline = outlinePath(object);
  const mask = drawn('g', {}, ...(outline ? [drawn('path', { class: 'mask', d: outline })] : []));
  const [color] = categoryPaint(category_id);
  const strokes = skeletonStrokes(object, categoryOf(object), color).map(({ color, opacity, path, width }) =>
    drawn('path', { d: path, stroke: color, 'stroke-width': width, 'stroke-opacity': opacity }),
  );
  const all: Drawn = { object, mask, box, skeleton: drawn('g', {}, ...strokes), tag };
  for (const part of [mask, box, tag]) pointFrom(paint(part, category_id), all);
  return all;
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
  for (const { object, tag: group } of shown) {
    const [left, top, , tall] = object.bbox;
    const [tag, text] = group.children as unknown as [SVGRectElement, SVGTextElement];
    text.style.fontSize = `${TEXT * scale}px`;
    const width = text.getComputedTextLength() + 10 * scale;
    const x = Math.max(0, Math.min(left, found.width - width));
    const places = [top - height, top, top + tall - height, top + tall]
      .filter((y) => y >= 0 && y + height <= found!.height)
      .map((y) => new DOMRect(x, y, width, height));
    const place = places.find((one) => !taken.some((other) => overlap(one, other)));
    group.classList.toggle('crowded', !place);
    if (place) taken.push(place);
    const { y } = place ?? places[0] ?? new DOMRect(x, Math.max(0, top), width, height);
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
