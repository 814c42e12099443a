import { categoryPaint } from '../../datasets/draw/palette.ts';

/** The element with an id of index.html. */
export function byId<K extends keyof HTMLElementTagNameMap>(id: string, _tag: K): HTMLElementTagNameMap[K] {
  return document.getElementById(id) as HTMLElementTagNameMap[K];
}

/** A new element. Strings among the children become text, never HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A new element of an SVG image. */
export function drawn<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** Sets the category's color and the color of text on it, for page.css. */
export function paint<E extends ElementCSSInlineStyle>(painted: E, category: number): E {
  const [fill, text] = categoryPaint(category);
  painted.style.setProperty('--paint', fill);
  painted.style.setProperty('--on-paint', text);
  return painted;
}
