import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOut } from '../../../datasets/detection/hold-out.ts';
import type { CocoDataset } from '../../../datasets/index.ts';

const dataset = (count: number): CocoDataset => ({
  images: Array.from({ length: count }, (_, i) => ({ id: i + 1, file_name: `${i}.jpg`, width: 9, height: 9 })),
  annotations: Array.from({ length: 2 * count }, (_, i) => ({
    id: i + 1,
    image_id: (i % count) + 1,
    category_id: 1,
    bbox: [0, 0, 5, 5] as const,
    area: 25,
    iscrowd: 0 as const,
  })),
  categories: [{ id: 1, name: 'cat' }],
});
const idsOf = ({ images }: CocoDataset) => images.map(({ id }) => Number(id));

test('every image is on one side, with its annotations; both have all categories', () => {
  const { training, validation } = holdOut(dataset(50), 0.2, 0)!;
  assert.equal([training.images.length, validation.images.length], [40, 10]);
  assert.equal(
    [...idsOf(training), ...idsOf(validation)].sort((a, b) => a - b),
    idsOf(dataset(50)),
  );
  for (const part of [training, validation]) {
    assert.equal(part.annotations.length, 2 * part.images.length);
    assert.ok(part.annotations.every(({ image_id }) => idsOf(part).includes(Number(image_id))));
    assert.is(part.categories.length, 1);
  }
});

test('the seed decides which; at least one is on either side', () => {
  const drawn = (fraction: number, seed: number, count = 50) =>
    idsOf(holdOut(dataset(count), fraction, seed)!.validation);
  assert.equal(drawn(0.2, 3), drawn(0.2, 3));
  assert.not.equal(drawn(0.2, 3), drawn(0.2, 4));
  assert.is(drawn(0.001, 0).length, 1);
  assert.is(drawn(0.999, 0).length, 49);
  assert.is(drawn(0.5, 0, 2).length, 1);
  assert.is(holdOut(dataset(1), 0.5, 0), undefined);
});

test.run();
