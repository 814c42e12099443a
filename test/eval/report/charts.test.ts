import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chart, shareBar } from '../../../eval/report/charts.ts';

const test = suite('charts');

const axis = { label: 'recall', min: 0, max: 1, format: (value: number) => value.toFixed(1) };
const size = [478, 272] as const; // 400 × 200 between the margins

test('lines and bars are where their numbers are, between the axes', () => {
  const svg = chart({
    title: 'a <b>',
    x: axis,
    y: { ...axis, label: 'precision' },
    series: [
      {
        kind: 'line',
        label: 'all',
        points: [
          [0, 1],
          [0.5, 0.25],
          [1, 7],
        ],
      },
      { kind: 'bars', label: 'some', bars: [{ from: 0.25, to: 0.5, base: 0.5, value: 0.25, title: '"x"' }] },
    ],
    size,
  });
  assert.match(svg, 'points="54,28 254,178 454,28"');
  assert.match(svg, '<rect x="154" y="128" width="100" height="50"><title>&#34;x&#34;</title></rect>');
  assert.match(svg, 'aria-label="a &#60;b&#62;"');
  assert.is(svg.match(/class="grid"/g)!.length, 6);
  assert.match(svg, /<ul class="legend">.*all.*some/);
});

test('one series needs no legend; bars begin at the axis', () => {
  const bars = [{ from: 0, to: 1, value: 0.5, title: '' }];
  const svg = chart({ title: 't', x: axis, y: axis, series: [{ kind: 'bars', label: 'one', bars }], size });
  assert.not.match(svg, 'legend');
  assert.match(svg, '<rect x="54" y="128" width="400" height="100">');
});

test('a line of a single point is a dot', () => {
  const line = { kind: 'line', label: 'one', points: [[0.5, 0.5]] } as const;
  const svg = chart({ title: 't', x: axis, y: axis, series: [line], size });
  assert.match(svg, '<polyline class="line series-0 point" points="254,128 254,128"/>');
});

test('a share is a bar of that length', () => {
  assert.match(shareBar(0.256), 'width="25.6"');
});

test.run();
