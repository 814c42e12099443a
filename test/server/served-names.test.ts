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

test('a model of the hub goes by its name, and by the whole where two have the same', () => {
  assert.equal(servedNames(['hf:timm/resnet50.a1_in1k', 'hf:a/b@v2/nets/x.pth']), ['resnet50.a1_in1k', 'b']);
  assert.equal(servedNames(['hf:a/net@v1', 'hf:a/net@v2', 'hf:b/net']), ['a-net@v1', 'a-net@v2', 'b-net']);
  assert.throws(() => servedNames(['hf:net']), /owner of the repository is missing/);
});

test.run();
