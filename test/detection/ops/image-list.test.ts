import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { batchImages } from '../../../detection/ops/image-list.ts';
import { equal, floats, golden, type Packed } from '../golden.ts';

const expected = golden<{ images: Packed[]; batch: Packed }>('images');
const images = expected.images.map((image) => ({
  height: image.shape[0],
  width: image.shape[1],
  data: floats(image),
}));

test('images of different sizes are padded to one batch as in torchvision', () => {
  const batch = batchImages(images, 8);
  assert.equal([...batch.shape], expected.batch.shape);
  equal(batch.data, floats(expected.batch), 'batch');
  assert.equal(batch.padded, { height: 16, width: 8 });
  assert.equal(batch.sizes, [
    { height: 5, width: 7 },
    { height: 9, width: 4 },
    { height: 1, width: 1 },
  ]);
});

test('no images give an empty batch; pixels that do not fill an image are refused', () => {
  assert.equal([...batchImages([], 32).shape], [0, 0, 0, 3]);
  assert.throws(() => batchImages([{ height: 2, width: 2, data: new Float32Array(11) }], 32), /2x2 has 11/);
});

test.run();
