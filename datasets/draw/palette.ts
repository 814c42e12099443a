/** A color: red, green and blue, 0–255. */
export type Color = readonly [red: number, green: number, blue: number];

const SIZE = 96;

let made: readonly Color[] | undefined;

/** The color of a category: the same in every picture and run; neighboring ids get very different ones. */
export function categoryColor(id: number): Color {
  made ??= makePalette();
  return made[((Math.trunc(id) % SIZE) + SIZE) % SIZE] ?? made[0];
}

/** Black or white, whichever is more readable on a color (contrast by WCAG 2's relative luminance). */
export function readableOn(color: Color): Color {
  const [r, g, b] = color.map(linear);
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return luminance > 0.1791 ? [0, 0, 0] : [255, 255, 255];
}

/** The color in CSS and SVG: `#ff3333`. */
const cssColor = (color: Color): string => `#${color.map((level) => level.toString(16).padStart(2, '0')).join('')}`;

/** A category's color and that of text on it, for a page. */
export function categoryPaint(id: number): readonly [fill: string, text: string] {
  const color = categoryColor(id);
  return [cssColor(color), cssColor(readableOn(color))];
}

const linear = (level: number): number => (level <= 10 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4);

/** Oklab (Ottosson 2020): lightness and two color axes, in which distance is perceived difference. */
function oklab(color: Color): readonly [number, number, number] {
  const [r, g, b] = color.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * Glasbey et al. 2007: repeatedly take the color farthest from all taken ones. Candidates are only vivid colors,
 * neither very dark nor very light, so that boxes stand out from photographs.
 */
function makePalette(): readonly Color[] {
  const levels = Array.from({ length: 16 }, (_, i) => i * 17);
  const candidates = levels
    .flatMap((r) => levels.flatMap((g) => levels.map((b): Color => [r, g, b])))
    .map((color) => ({ color, lab: oklab(color), distance: Number.POSITIVE_INFINITY }))
    .filter(({ lab: [l, a, b] }) => l > 0.52 && l < 0.9 && Math.hypot(a, b) > 0.09);
  const palette: Color[] = [];
  let latest = candidates.find(({ color }) => color.join() === '255,51,51')!;
  while (palette.push(latest.color) < SIZE) {
    const [l, a, b] = latest.lab;
    for (const other of candidates) {
      other.distance = Math.min(other.distance, Math.hypot(other.lab[0] - l, other.lab[1] - a, other.lab[2] - b));
    }
    latest = candidates.reduce((best, other) => (other.distance > best.distance ? other : best));
  }
  return palette;
}
