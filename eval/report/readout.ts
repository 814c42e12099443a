/** Line charts that show their values, for a page that includes this style and script. */

export const readoutStyle = `
.chart[data-x] { touch-action: pan-y; cursor: crosshair; }
.chart .cursor { stroke: var(--soft); stroke-width: 1; }
.legend output { display: inline-block; min-width: 4.5em; margin-left: 6px; color: var(--text); font-variant-numeric: tabular-nums; }
`;

/** Values are read from the drawn lines; the axes in the attributes give the scale. */
export const readoutScript = `
'use strict';
for (const svg of document.querySelectorAll('svg.chart[data-x]')) {
  const [left, right, xMin, xMax] = svg.dataset.x.split(' ').map(Number);
  const [bottom, top, yMin, yMax] = svg.dataset.y.split(' ').map(Number);
  const outputs = [...svg.nextElementSibling.children].map((item) => item.appendChild(document.createElement('output')));
  const lines = [...svg.querySelectorAll('.line:not(.faint)')].map((line) =>
    line.getAttribute('points').split(' ').map((point) => point.split(',').map(Number)));
  const short = (value) => String(Number(value.toPrecision(4)));
  const valueAt = (y) => short(yMin + ((bottom - y) / (bottom - top)) * (yMax - yMin));
  const make = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return svg.appendChild(element);
  };
  const cursor = make('line', { class: 'cursor', y1: top, y2: bottom, visibility: 'hidden' });
  const place = make('text', { x: right, y: 14, 'text-anchor': 'end' });
  const show = (x) => {
    lines.forEach((points, i) => {
      const nearest = points.reduce((best, point) => (Math.abs(point[0] - x) < Math.abs(best[0] - x) ? point : best));
      outputs[i].textContent = valueAt(nearest[1]);
    });
  };
  const leave = () => {
    cursor.setAttribute('visibility', 'hidden');
    place.textContent = '';
    show(right);
  };
  svg.onpointermove = (event) => {
    const { x: at } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const x = Math.min(right, Math.max(left, at));
    cursor.setAttribute('x1', x);
    cursor.setAttribute('x2', x);
    cursor.setAttribute('visibility', 'visible');
    place.textContent = svg.dataset.name + ' ' + short(xMin + ((x - left) / (right - left)) * (xMax - xMin));
    show(x);
  };
  svg.onpointerleave = leave;
  leave();
}
`;
