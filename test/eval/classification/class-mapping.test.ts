import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ModelClass, mapClasses } from '../../../eval/index.ts';
import { rejects } from '../../rejects.ts';

const test = suite('class mapping');

const model: readonly ModelClass[] = [
  { name: 'tench', wnid: 'n01440764' },
  { name: 'crane', wnid: 'n02012849' },
  { name: 'crane', wnid: 'n03126707' },
  { name: 'church', wnid: 'n03028079' },
];
const mapping = async (...args: Parameters<typeof mapClasses>) => mapClasses(...args);

test('by WordNet id, a part of the model’s classes too', async () => {
  const wnids = ['n03028079', 'n01440764'];
  const { by, indices, classes } = await mapping({ classes: wnids, wnids }, model, 4);
  assert.equal([by, indices], ['wnid', [3, 0]]);
  assert.is(classes, model);
  const others = ['n03028079', 'n99999999'];
  await rejects(mapping({ classes: others, wnids: others }, model, 4), 'BAD_DATASET', /no class n99999999/);
});

test('by name, a part of the model’s classes too; a name that two classes have tells neither', async () => {
  const { by, indices } = await mapping({ classes: ['church', 'tench'] }, model, 4);
  assert.equal([by, indices], ['name', [3, 0]]);
  await rejects(mapping({ classes: ['church', 'crane'] }, model, 4), 'BAD_DATASET', /several classes called crane/);
});

test('by order, where there are as many; the data set then names them', async () => {
  const classes = ['ant', 'bee', 'tench', 'dog'];
  const found = await mapping({ classes }, model, 4);
  assert.equal([found.by, found.indices], ['order', [0, 1, 2, 3]]);
  assert.equal(found.classes, [{ name: 'ant' }, { name: 'bee' }, { name: 'tench' }, { name: 'dog' }]);
  const wnids = ['n01440764', 'n02012849'];
  assert.is((await mapping({ classes: wnids, wnids }, undefined, 2)).by, 'order');
});

test('anything else is an error that tells both sides', async () => {
  await rejects(
    mapping({ classes: ['ant', 'tench'] }, model, 4),
    'BAD_DATASET',
    /has 2 classes, the model 4 and none called ant$/,
  );
  await rejects(mapping({ classes: ['ant', 'bee'] }, undefined, 3), 'BAD_DATASET', /the model 3 and no names for them/);
});

test.run();
