import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { ResnetCocoError } from '../../errors.ts';
import { inNamesOf, parseConfig } from '../../io/config.ts';

const schema = v.strictObject({ stride_on: v.optional(v.picklist(['3x3', '1x1'])) });
const problem = (value: unknown): string => {
  try {
    parseConfig(schema, value, 'model.json', () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test('an error of a configuration names the field and repeats long names and values in part', () => {
  assert.match(
    problem({ stride_on: '2x2' }),
    /^model\.json: config: stride_on: must be one of "3x3", "1x1", is "2x2"$/,
  );
  const long = 'x'.repeat(300_000);
  assert.match(problem({ stride_on: long }), /^model\.json: config: stride_on: must be one of "3x3", "1x1", is "x+…$/);
  assert.match(problem({ [long]: 1 }), /^model\.json: config: x+…: no such setting$/);
  for (const value of [{ stride_on: long }, { [long]: 1 }, long]) assert.ok(problem(value).length < 500);
});

const fields = v.strictObject({
  name: v.string(),
  sizes: v.pipe(v.array(v.number()), v.minLength(2), v.maxLength(3)),
  is_on: v.optional(v.boolean()),
  kind: v.optional(v.literal('a')),
  code: v.optional(v.pipe(v.string(), v.length(2))),
});
const told = (value: unknown): string => {
  try {
    parseConfig(fields, value, 'a', () => undefined);
  } catch (error) {
    return (error as Error).message.replace('a: config: ', '');
  }
  return '';
};

test('an error says in plain words what a field must be, and what it is', () => {
  const right = { name: 'x', sizes: [1, 2] };
  for (const [value, message] of [
    [{ sizes: [1, 2] }, 'name: is missing'],
    [{ ...right, name: 5 }, 'name: must be a string, is 5'],
    [{ ...right, sizes: 'x' }, 'sizes: must be a list, is "x"'],
    [{ ...right, sizes: [1, 'x'] }, 'sizes.1: must be a number, is "x"'],
    [{ ...right, sizes: [1] }, 'sizes: must have at least 2 entries, is [1]'],
    [{ ...right, sizes: [1, 2, 3, 4] }, 'sizes: must have at most 3 entries, is [1, 2, 3, 4]'],
    [{ ...right, is_on: 'yes' }, 'is_on: must be true or false, is "yes"'],
    [{ ...right, is_on: null }, 'is_on: must be true or false, is null'],
    [{ ...right, kind: 'b' }, 'kind: must be "a", is "b"'],
    [{ ...right, code: 'abc' }, 'code: must have 2 characters, is "abc"'],
    [5, 'must be an object, is 5'],
    [undefined, 'must be an object, is undefined'],
    [null, 'must be an object, is null'],
  ] as const) {
    assert.is(told(value), message);
  }
});

test('an error is put into the names under which a caller gave the settings', () => {
  const names = { clip_norm: '`clipNorm`', min_size: '`minSize`', max_size: '`maxSize`', 'augmentations.p': '`flip`' };
  const reworded = (message: string): string => {
    const fail = () => {
      throw new ResnetCocoError('BAD_CONFIG', message);
    };
    try {
      return inNamesOf(names, fail);
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const [before, after] of [
    ['training: config: clip_norm: must be above 0, is -1', '`clipNorm`: must be above 0, is -1'],
    ['training: model: config: min_size: must be a number', '`minSize`: must be a number'],
    ['training: config: max_size 300 is less than min_size 800', '`maxSize` 300 is less than `minSize` 800'],
    ['recipe: augmentations.1.p is 2: must be a number', '`flip` is 2: must be a number'],
    ['recipe: min_size.0 is 0: must be a number', '`minSize` is 0: must be a number'],
    ['a.json: config: clip_norm.x: no', 'a.json: config: clip_norm.x: no'],
  ]) {
    assert.is(reworded(before), after);
  }
});

test.run();
