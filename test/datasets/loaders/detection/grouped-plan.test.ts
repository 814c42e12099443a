import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aspectRatioGroups, GroupedPlan } from '../../../../datasets/loaders/detection/grouped-plan.ts';

const test = suite('batches of like shape');

const sizes = [
  [100, 100],
  [100, 99],
  [99, 100],
  [640, 480],
  [480, 640],
  [1000, 100],
  [100, 1000],
].map(([width, height]) => ({ width, height }));

test('groups are torchvision’s: borders at powers of two', () => {
  assert.equal([...aspectRatioGroups(sizes, 0)], [1, 1, 0, 1, 0, 1, 0]);
  // numpy: bisect_right(2 ** linspace(-1, 1, 7), ratio)
  assert.equal([...aspectRatioGroups(sizes, 3)], [4, 4, 3, 5, 2, 7, 0]);
  assert.equal([...aspectRatioGroups(sizes, -1)], [0, 0, 0, 0, 0, 0, 0]);
});

const groups = Int32Array.from({ length: 50 }, (_, i) => (i % 7 === 0 ? 1 : i % 3 === 0 ? 2 : 0));
const whole = (epoch: number, seed = 1) => {
  const plan = new GroupedPlan({ groups, batch: 4, seed, epoch });
  return Array.from({ length: plan.batches }, (_, number) => plan.batch(number, new Set())!.indices);
};

test('as many batches as images make, each of one group; few images come twice', () => {
  for (let epoch = 0; epoch < 20; epoch++) {
    const batches = whole(epoch);
    assert.is(batches.length, 12);
    for (const batch of batches) {
      assert.is(batch.length, 4);
      assert.is(new Set(batch.map((index) => groups[index])).size, 1);
    }
    const all = batches.flatMap((batch) => [...batch]);
    assert.ok(new Set(all).size >= 48 - 6, `${new Set(all).size} of 50`);
  }
  assert.equal(whole(3), whole(3));
  assert.not.equal(whole(3), whole(4));
  assert.not.equal(whole(3), whole(3, 2));
});

test('a broken image is replaced by one of its group; places stay', () => {
  const plan = new GroupedPlan({ groups, batch: 4, seed: 1, epoch: 0 });
  const before = plan.batch(2, new Set())!;
  const broken = new Set([before.indices[1]]);
  const after = plan.batch(2, broken)!;
  assert.equal(after.places, before.indices);
  assert.not.equal(after.indices[1], before.indices[1]);
  assert.is(groups[after.indices[1]], groups[before.indices[1]]);
  assert.equal([0, 2, 3].map((i) => after.indices[i]), [0, 2, 3].map((i) => before.indices[i])); // biome-ignore format: one line
  const group = new Set([...groups.keys()].filter((index) => groups[index] === groups[before.indices[1]]));
  const other = plan.batch(2, group)!;
  assert.ok(other.indices.every((index) => !group.has(index)));
  assert.is(plan.batch(2, new Set(groups.keys())), undefined);
});

test.run();
