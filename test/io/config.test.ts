import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { parseConfig } from '../../io/config.ts';

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
  assert.match(problem({ stride_on: '2x2' }), /^model\.json: config: stride_on: .*received "2x2"$/);
  const long = 'x'.repeat(300_000);
  assert.match(problem({ stride_on: long }), /^model\.json: config: stride_on: .*received "x+…$/);
  assert.match(problem({ [long]: 1 }), /^model\.json: config: x+…: no such setting$/);
  for (const value of [{ stride_on: long }, { [long]: 1 }, long]) assert.ok(problem(value).length < 500);
});

test.run();
