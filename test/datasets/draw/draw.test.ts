import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { categoryColor, drawBoxes, type Image, type LabeledBox } from '../../../datasets/index.ts';

const gray = (width: number, height: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(99),
});

const at = ({ width, data }: Image, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

/** The rectangle of the pixels that were drawn on. */
function drawn(image: Image): { left: number; top: number; right: number; bottom: number } | undefined {
  const changed: [number, number][] = [];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) if (at(image, x, y).some((level) => level !== 99)) changed.push([x, y]);
  }
  if (!changed.length) return undefined;
  const [xs, ys] = [changed.map(([x]) => x), changed.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

test('a box is an outline in its category’s color, on a copy', () => {
  const picture = gray(200, 160);
  const result = drawBoxes(picture, [{ bbox: [40, 50, 100, 80], label: 'cat', score: 0.5, category_id: 17 }]);
  const color = [...categoryColor(17)];
  for (const [x, y] of [
    [40, 100],
    [139, 100],
    [90, 129],
    [139, 129],
  ]) {
    assert.equal(at(result, x, y), color);
  }
  assert.equal(at(result, 90, 90), [99, 99, 99]);
  assert.equal(at(result, 39, 100), [99, 99, 99]);
  assert.equal(at(result, 140, 100), [99, 99, 99]);
  assert.is(drawn(picture), undefined);
});

test('ground truth has a dashed line, and as large a box', () => {
  const box = { bbox: [40, 50, 100, 80], label: '', category_id: 17 };
  const row = (dashed: boolean) => {
    const picture = drawBoxes(gray(200, 160), [{ ...box, dashed }]);
    return Array.from({ length: 100 }, (_, i) => at(picture, 40 + i, 129).join() === categoryColor(17).join());
  };
  assert.ok(row(false).every(Boolean));
  const drawnShare = row(true).filter(Boolean).length;
  assert.ok(drawnShare > 30 && drawnShare < 70, `${drawnShare} of 100`);
});

test('no line runs through a label, of whichever box', () => {
  const low = { bbox: [20, 60, 200, 100], label: 'dog', score: 0.3, category_id: 18 };
  const size = [300, 200] as const;
  const alone = drawBoxes(gray(...size), [low]);
  // Its line crosses where the label of the other lies.
  const crossing = drawBoxes(gray(...size), [low, { bbox: [30, 20, 8, 150], label: '', score: 0.9, category_id: 1 }]);
  const line = [...categoryColor(1)];
  const inLabel = Array.from({ length: 8 }, (_, i) => at(crossing, 30, 48 + i));
  assert.equal(
    inLabel,
    Array.from({ length: 8 }, (_, i) => at(alone, 30, 48 + i)),
  );
  assert.equal(at(crossing, 30, 100), line);
});

test('the label lies above the box, and inside the picture at every border', () => {
  const free = drawn(drawBoxes(gray(200, 160), [{ bbox: [40, 50, 100, 80], label: 'cat', score: 0.5 }]))!;
  assert.ok(free.top < 45 && free.top > 30);
  for (const bbox of [
    [0, 0, 50, 40],
    [180, 0, 20, 40],
    [180, 140, 20, 20],
    [0, 140, 200, 20],
    [0, 0, 200, 160],
    [-100, -100, 400, 400],
  ]) {
    const picture = drawBoxes(gray(200, 160), [{ bbox, label: 'traffic light', score: 0.98, category_id: 10 }]);
    const unlabeled = drawBoxes(gray(200, 160), [{ bbox, label: '', category_id: 10 }]);
    const label = picture.data.filter((level, i) => level !== unlabeled.data[i]).length;
    assert.ok(label > 300, `the label of ${bbox} is there: ${label}`);
  }
});

test('lines and labels grow with the picture', () => {
  const thickness = (size: number) => {
    const box = { bbox: [size / 4, size / 4, size / 2, size / 2], label: '', category_id: 1 };
    const picture = drawBoxes(gray(size, size), [box]);
    let count = 0;
    for (let x = 0; x < size / 2; x++) if (at(picture, x, size / 2).some((level) => level !== 99)) count++;
    return count;
  };
  assert.equal([32, 600, 3000].map(thickness), [1, 2, 12]);
});

test('labels avoid one another while there is room', () => {
  const box = { bbox: [20, 60, 200, 100], label: 'dog', category_id: 18 };
  const one = drawn(drawBoxes(gray(300, 200), [box]))!;
  const two = drawn(drawBoxes(gray(300, 200), [box, { ...box, bbox: [24, 62, 200, 130] }]))!;
  assert.ok(two.top >= one.top - 3, 'the second label is not stacked over the first');
});

test('of two boxes the better one lies on top, in whatever order they come', () => {
  const worse = { bbox: [10, 20, 60, 60], label: '', score: 0.3, category_id: 1 };
  const better = { bbox: [10, 20, 60, 60], label: '', score: 0.9, category_id: 2 };
  for (const boxes of [
    [worse, better],
    [better, worse],
  ]) {
    assert.equal(at(drawBoxes(gray(100, 100), boxes), 10, 50), [...categoryColor(2)]);
  }
});

test('boxes that are nowhere in the picture draw nothing', () => {
  const boxes = [
    [200, 10, 20, 20],
    [-50, 10, 40, 20],
    [10, 500, 5, 5],
    [Number.NaN, 0, 5, 5],
    [0, 0, Number.POSITIVE_INFINITY, 5],
    [10, 10, -5, 5],
    [10],
  ].map((bbox): LabeledBox => ({ bbox, label: 'ghost', score: 0.9 }));
  assert.is(drawn(drawBoxes(gray(100, 80), boxes)), undefined);
});

test('any label fits any picture', () => {
  for (const [width, height] of [
    [1, 1],
    [32, 32],
    [300, 2],
    [2, 300],
    [40, 20],
  ]) {
    for (const label of ['person', 'x'.repeat(10_000), '汽车 🚗', ' ', '\u0000\n', 'Ä'.repeat(30)]) {
      const picture = drawBoxes(gray(width, height), [{ bbox: [0, 0, width, height], label, score: 1 }]);
      assert.is(picture.data.length, width * height * 3);
    }
  }
});

test.run();
