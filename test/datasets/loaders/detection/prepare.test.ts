import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BoxedPicture, cropPicture, flipPicture } from '../../../../datasets/augment/objects.ts';
import { randomIouRegion } from '../../../../datasets/augment/random-iou-crop.ts';
import { jitteredScale } from '../../../../datasets/augment/scale-jitter.ts';
import { wholeView } from '../../../../datasets/augment/view.ts';
import { normalizedLevels } from '../../../../datasets/images/normalize.ts';
import type { DetectionRecipe } from '../../../../datasets/index.ts';
import { prepareSample } from '../../../../datasets/loaders/detection/prepare.ts';
import { Random } from '../../../../io/random.ts';
import { brightBox, painted, randomBox } from './painted.ts';

const test = suite('pictures of objects, varied');
const plain = { image_mean: [0, 0, 0], image_std: [1, 1, 1] };
const levels = normalizedLevels(plain.image_mean, plain.image_std);

function picture(random: Random): BoxedPicture {
  const [width, height] = [40 + random.integer(60), 40 + random.integer(60)];
  const boxes = [randomBox(width, height, random), randomBox(width, height, random)];
  // Colors that shine in channels of their own where boxes overlap: the later one adds.
  const image = painted(width, height, [{ box: boxes[0], color: [255, 0, 0] }]);
  const second = painted(width, height, [{ box: boxes[1], color: [0, 255, 0] }]);
  for (let p = 1; p < image.data.length; p += 3) image.data[p] = second.data[p] === 255 ? 255 : 0;
  return { image, view: wholeView(image), boxes: Float32Array.from(boxes.flat()), labels: Int32Array.of(1, 2) };
}

/** Whether the object of each label is where its box is, to `tolerance` pixels. */
function assertObjects(
  { boxes, data, height, labels, width }: ReturnType<typeof prepareSample>,
  tolerance: number,
): void {
  assert.is(data.length, height * width * 3);
  for (const [i, label] of labels.entries()) {
    const box = [...boxes.subarray(i * 4, i * 4 + 4)];
    // As torchvision's, boxes are rounded to single precision on the way.
    const within = box[0] >= 0 && box[1] >= 0 && box[2] <= width + 1e-4 && box[3] <= height + 1e-4;
    assert.ok(within, `${box} in ${width}×${height}`);
    assert.ok(box[2] > box[0] && box[3] > box[1], `${box}`);
    const found = brightBox({ data, height, width }, label - 1, 0.62);
    if (!found) {
      // What is narrower than the tolerance may fall between pixels.
      assert.ok(Math.min(box[2] - box[0], box[3] - box[1]) <= tolerance, `nothing at ${box}`);
      continue;
    }
    for (const [side, value] of found.entries()) {
      assert.ok(Math.abs(value - box[side]) <= tolerance, `label ${label}: ${found} is painted, the box is ${box}`);
    }
  }
}

test('flipped twice is as it was; flipped once, x is mirrored', () => {
  const original = picture(new Random(1));
  const once = flipPicture(original);
  const [x1, y1, x2, y2] = original.boxes;
  assert.equal([...once.boxes.subarray(0, 4)], [original.image.width - x2, y1, original.image.width - x1, y2]);
  assert.equal(flipPicture(once), original);
});

const recipes: Record<string, DetectionRecipe> = {
  resized: { ...plain, min_size: [64], max_size: 90 },
  flipped: { ...plain, min_size: [64], max_size: 90, augmentations: [{ kind: 'random_horizontal_flip' }] },
  'of several sizes': { ...plain, min_size: [32, 64, 96], max_size: 200 },
  cropped: { ...plain, min_size: [64], max_size: 90, augmentations: [{ kind: 'random_iou_crop' }] },
  jittered: { ...plain, min_size: [64], max_size: 90, scale_jitter: {} },
  'all of it': {
    ...plain,
    min_size: [48, 64],
    max_size: 90,
    augmentations: [{ kind: 'random_iou_crop' }, { kind: 'random_horizontal_flip' }],
    scale_jitter: { scale_range: [0.5, 3] },
  },
};
for (const [name, recipe] of Object.entries(recipes)) {
  test(`${name}: objects are where their boxes say`, () => {
    const random = new Random(2);
    const sizes = new Set<string>();
    let objects = 0;
    for (let i = 0; i < 60; i++) {
      const original = picture(random);
      const prepared = prepareSample(original, recipe, levels, random);
      const scale = Math.max(prepared.height / original.image.height, prepared.width / original.image.width);
      assertObjects(prepared, Math.max(1.5, 3 * scale));
      sizes.add(`${prepared.height} ${prepared.width}`);
      objects += prepared.labels.length;
    }
    assert.ok(objects > 60 && objects <= 120);
    assert.ok(sizes.size > 5);
  });
}

test('the size is torchvision’s: shorter side, longer at most; one of several sizes for each picture', () => {
  const image = painted(100, 40, []);
  const wide = { image, view: wholeView(image), boxes: new Float32Array(0), labels: new Int32Array(0) };
  const size = (recipe: DetectionRecipe, random = new Random(1)) => {
    const { boxes, height, width } = prepareSample(wide, recipe, levels, random);
    assert.is(boxes.length, 0);
    return [height, width];
  };
  assert.equal(size({ ...plain, min_size: [80], max_size: 1000 }), [80, 200]);
  assert.equal(size({ ...plain, min_size: [80], max_size: 100 }), [40, 100]);
  const random = new Random(3);
  const drawn = new Set(
    Array.from({ length: 40 }, () => size({ ...plain, min_size: [20, 40, 80], max_size: 999 }, random)[0]),
  );
  assert.equal([...drawn].sort(), [20, 40, 80]);
});

test('a part keeps what is in it: boxes are cut, those outside are gone', () => {
  const boxes = Float32Array.of(0, 0, 10, 10, 5, 5, 30, 30, 20, 0, 30, 40);
  const image = painted(40, 40, []);
  const original = { image, view: wholeView(image), boxes, labels: Int32Array.of(1, 2, 3) };
  const part = cropPicture(original, { left: 4, top: 4, width: 16, height: 20 });
  assert.equal([part.image.width, part.image.height], [16, 20]);
  assert.equal([...part.labels], [1, 2]);
  assert.equal([...part.boxes], [0, 0, 6, 6, 1, 1, 16, 20]);
});

test('an IoU crop holds the center of an object and keeps to its shares; without objects the picture is whole', () => {
  const random = new Random(4);
  const [boxes, size] = [Float32Array.of(10, 10, 30, 40), { width: 80, height: 60 }];
  let [parts, whole] = [0, 0];
  for (let i = 0; i < 200; i++) {
    const region = randomIouRegion(size, boxes, {}, random);
    if (!region) {
      whole++;
      continue;
    }
    parts++;
    const { height, left, top, width } = region;
    assert.ok(left >= 0 && top >= 0 && left + width <= 80 && top + height <= 60);
    assert.ok(width >= 23 && height >= 17, `${width}×${height}`);
    assert.ok(left < 20 && left + width > 20 && top < 25 && top + height > 25);
  }
  assert.ok(parts > 50 && whole > 10);
  assert.is(randomIouRegion(size, new Float32Array(0), {}, random), undefined);
});

test('scale jitter: smaller by the factor, or a part that is larger by it', () => {
  const size = { width: 100, height: 60 };
  const random = new Random(5);
  for (let i = 0; i < 50; i++) {
    const { factor, region } = jitteredScale(size, { scale_range: [0.5, 2] }, random);
    assert.ok(factor >= 0.5 && factor <= 1);
    if (!region) continue;
    assert.is(factor, 1);
    assert.ok(region.width >= 50 && region.height >= 30);
    assert.ok(region.left + region.width <= 100 && region.top + region.height <= 60);
    assert.ok(Math.abs(region.width / region.height - 100 / 60) < 0.06);
  }
});

test.run();
