import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { servedNames } from '../../server/served-names.ts';

const test = suite('served names');

test('a run goes by its folder, a file by its name, a known model by its own', () => {
  assert.equal(
    servedNames(['resnet50', 'runs/cats/model.safetensors', 'runs/dogs/model.safetensors', 'a/birds.pth', 'best.pth']),
    ['resnet50', 'cats', 'dogs', 'birds', process.cwd().split('/').pop()],
  );
});

test('files of one name are told apart by their folders, or refused', () => {
  assert.equal(servedNames(['a/birds.pth', 'b/birds.pth']), ['a-birds', 'b-birds']);
  assert.throws(
    () => servedNames(['x/a/birds.pth', 'y/a/birds.pth']),
    (error: { code: string; message: string }) =>
      error.code === 'BAD_CONFIG' &&
      /x\/a\/birds\.pth and y\/a\/birds\.pth would both be served as 'a-birds'/.test(error.message),
  );
  assert.throws(() => servedNames(['resnet50', 'resnet50']), /both be served as 'resnet50'/);
});

test.run();
