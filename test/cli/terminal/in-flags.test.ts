import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inFlags } from '../../../cli/terminal/in-flags.ts';
import { ResnetCocoError } from '../../../errors.ts';

const flag = { kind: 'text', value: 'X', help: '' } as const;
const flags = { 'crop-scale': flag, val: flag, images: flag, 'val-images': flag };
const told = (message: string) => inFlags(new ResnetCocoError('USAGE', message), flags) as ResnetCocoError;

test("the library's fields become the command's flags", () => {
  for (const [field, name] of [
    ['cropScale', '--crop-scale'],
    ['validation', '--val'],
    ['images.files', '--images DIR'],
    ['validation.files', '--val-images DIR'],
    ['momentum', '`momentum`'],
  ]) {
    const error = told(`\`${field}\` 0.5: leave it out, or \`${field}\``);
    assert.equal([error.code, error.message], ['USAGE', `${name} 0.5: leave it out, or ${name}`]);
  }
});

test('a file that a flag names is named with it: what is wrong may be in it', () => {
  const table = { ...flags, config: { kind: 'text', value: 'FILE', help: '' } } as const;
  const error = new ResnetCocoError('BAD_CONFIG', '`config`: fpn_out_channels: must be a number');
  const named = inFlags(error, table, { config: 'a.json' }) as ResnetCocoError;
  assert.is(named.message, '--config a.json: fpn_out_channels: must be a number');
  assert.is((inFlags(error, table) as ResnetCocoError).message, '--config: fpn_out_channels: must be a number');
});

test('other errors stay as they are', () => {
  const other = new TypeError('`val`');
  assert.is(inFlags(other, flags), other);
  const plain = new ResnetCocoError('BAD_IMAGE', 'a.jpg: cut short');
  assert.is(inFlags(plain, flags), plain);
});

test.run();
