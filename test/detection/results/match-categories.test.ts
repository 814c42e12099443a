import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inDataset, matchCategories } from '../../../detection/results/match-categories.ts';

const categories = (names: Readonly<Record<number, string>>) =>
  Object.entries(names).map(([id, name]) => ({ id: Number(id), name }));

test('categories are the same by name, whatever their ids; what has no partner is counted on either side', () => {
  const model = categories({ 0: 'cat', 1: 'dog', 2: 'bird', 3: 'fish' });
  const { ids, notes } = matchCategories(model, categories({ 1: 'cat', 2: 'dog', 7: 'bird', 9: 'cow' }), 'val.json');
  assert.equal(
    [...ids],
    [
      [0, 1],
      [1, 2],
      [2, 7],
    ],
  );
  assert.equal(notes, [
    "3 of 3 categories go by name, as their ids differ: 'cat' is 0 in the model, 1 in val.json",
    "1 category of the model without a partner in val.json: 3 'fish'",
    "1 category of val.json without a partner in the model: 9 'cow'",
  ]);
  const box = { score: 0.5, bbox: [1, 2, 3, 4] };
  const found = [3, 1, 0].map((category_id) => ({ ...box, category_id }));
  assert.equal(inDataset(found, { ids, notes }), [
    { ...box, category_id: 2 },
    { ...box, category_id: 1 },
  ]);
});

test('the same ids and names need no word', () => {
  const coco = categories({ 1: 'person', 90: 'toothbrush' });
  assert.equal(matchCategories(coco, coco, 'x').notes, []);
});

test('spaces and the Unicode form do not tell names apart', () => {
  const { ids } = matchCategories(categories({ 1: 'caf\u00e9' }), categories({ 5: ' cafe\u0301' }), 'x');
  assert.equal([...ids], [[1, 5]]);
});

test('of categories of one name, those of the same id belong together', () => {
  const twice = categories({ 1: 'cat', 5: 'cat' });
  assert.equal(
    [...matchCategories(twice, twice, 'x').ids],
    [
      [1, 1],
      [5, 5],
    ],
  );
  assert.equal(
    [...matchCategories(twice, categories({ 5: 'cat' }), 'x').ids],
    [
      [1, 5],
      [5, 5],
    ],
  );
});

test('without a common name ids decide, and that is said', () => {
  const { ids, notes } = matchCategories(categories({ 1: 'class 1', 2: 'class 2' }), categories({ 2: 'dog' }), 'x');
  assert.equal([...ids], [[2, 2]]);
  assert.match(notes[0], /^no category has the same name .* so 1 go by id: 2 is 'class 2' in the model, 'dog' in x$/);
  assert.match(notes[1], /^1 category of the model/);
  assert.equal([...matchCategories([], categories({ 2: 'dog' }), 'x').ids], [[2, 2]]);
});

test('nothing in common', () => {
  const { ids, notes } = matchCategories(categories({ 1: 'cat' }), categories({ 2: 'dog' }), 'x');
  assert.is(ids.size, 0);
  assert.is(notes.length, 2);
});

test.run();
