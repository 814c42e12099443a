/** The element of an id, which stands in index.html. */
export function byId<K extends keyof HTMLElementTagNameMap>(id: string, _tag: K): HTMLElementTagNameMap[K] {
  return document.getElementById(id) as HTMLElementTagNameMap[K];
}

/** A new element. Text given as children stays text, whatever is in it. */
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

/** Each label's own hue: steps of the golden angle in the order of their first appearance. */
const hues = new Map<string, number>();
export function hueOf(label: string): number {
  if (!hues.has(label)) hues.set(label, Math.round(hues.size * 137.508 + 215) % 360);
  return hues.get(label)!;
}

/** Gives an element the hue of a label, which page.css makes colours of. */
export function paint<E extends ElementCSSInlineStyle>(painted: E, label: string): E {
  painted.style.setProperty('--hue', String(hueOf(label)));
  return painted;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
