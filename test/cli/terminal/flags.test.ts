import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FlagTable, parseFlags } from '../../../cli/terminal/flags.ts';
import { ResnetCocoError } from '../../../errors.ts';
import { nearestName } from '../../../io/nearest.ts';

const table = {
  top: { kind: 'integer', value: 'N', min: 1, default: 5, help: '' },
  score: { kind: 'number', value: 'P', min: 0, max: 1, help: '' },
  shift: { kind: 'number', value: 'D', help: '' },
  model: { kind: 'text', value: 'NAME', help: '' },
  engine: { kind: 'choice', choices: ['auto', 'onnx', 'wasm'], default: 'auto', help: '' },
  name: { kind: 'texts', value: 'NAME', help: '' },
  json: { kind: 'boolean', help: '' },
  pictures: { kind: 'boolean', default: true, help: '' },
  help: { kind: 'boolean', short: 'h', help: '' },
} as const satisfies FlagTable;

const parse = (...args: string[]) => parseFlags(table, args);

function message(...args: string[]): string {
  try {
    parse(...args);
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'USAGE');
    return (error as ResnetCocoError).message;
  }
  throw new Error(`accepted: ${args.join(' ')}`);
}

test('values follow a space or an equals sign, defaults stand in', () => {
  const { flags, positionals } = parse('a', '--top', '3', '--score=.25', 'b', '--model=x=y', '-h');
  assert.equal(flags, {
    top: 3,
    score: 0.25,
    shift: undefined,
    model: 'x=y',
    engine: 'auto',
    name: [],
    json: false,
    pictures: true,
    help: true,
  });
  assert.equal(positionals, ['a', 'b']);
});

test('types of flags follow from the table', () => {
  const { top, score, engine, json }: { top: number; score: number | undefined; engine: string; json: boolean } =
    parse().flags;
  assert.equal([top, score, engine, json], [5, undefined, 'auto', false]);
});

test('the last of a repeated flag counts', () => assert.is(parse('--top', '1', '--top=2').flags.top, 2));

test('a flag of several values keeps each', () => {
  assert.equal(parse('--name', 'a', '--top', '3', '--name=b').flags.name, ['a', 'b']);
  assert.is(message('--name='), "--name wants NAME, got ''");
});

test('negative numbers are values', () => assert.is(parse('--shift', '-1.5e1').flags.shift, -15));

test('a hyphen is a positional, and after -- everything is', () => {
  assert.equal(parse('-', '--', '--json', '-x').positionals, ['-', '--json', '-x']);
  assert.is(parse('--', '--json').flags.json, false);
});

test('--no-x is known exactly where x is on by itself', () => {
  assert.is(parse('--no-pictures').flags.pictures, false);
  assert.match(message('--pictures'), /'--no-pictures'/);
  assert.match(message('--no-json'), /unknown flag '--no-json'; .*'--json'/);
});

test('an unknown flag names the nearest', () => {
  assert.is(message('--topp', '3'), "unknown flag '--topp'; the nearest known one is '--top'");
  assert.match(message('--Json'), /'--json'/);
  assert.match(message('--mod=x'), /unknown flag '--mod'; .*'--model'/);
  assert.match(message('-t', '3'), /unknown flag '-t'; .*'--top'/);
  assert.match(message('--__proto__'), /unknown flag '--__proto__'/);
  assert.match(message('--constructor', 'x'), /unknown flag/);
});

test('wrong values are told with what is wanted', () => {
  for (const value of ['x', '0', '1.5', '-1', '1e3', '0x10', ' 1', '99999999999999999999']) {
    assert.is(message('--top', value), `--top wants a whole number of at least 1, got '${value}'`);
  }
  assert.is(message('--top='), "--top wants a whole number of at least 1, got ''");
  for (const value of ['1.01', '-0.1', 'NaN', 'Infinity', '1e999', '0,5']) {
    assert.is(message(`--score=${value}`), `--score wants a number from 0 to 1, got '${value}'`);
  }
  assert.is(message('--engine', 'wsm'), "--engine wants one of auto, onnx, wasm, got 'wsm'; the nearest is 'wasm'");
  assert.is(message('--model', ''), "--model wants NAME, got ''");
  assert.is(message('--json=yes'), "--json takes no value, got 'yes'");
  assert.is(message('--no-pictures=1'), "--no-pictures takes no value, got '1'");
});

test('a missing value is not taken from the next flag', () => {
  assert.is(message('--top'), '--top must be followed by a whole number of at least 1');
  assert.is(message('--model', '--json'), '--model must be followed by NAME');
  assert.is(parse('--model=--json').flags.model, '--json');
});

test('the nearest name is one that begins alike, or the fewest edits away', () => {
  const names = ['classify', 'detect', 'models', 'doctor'];
  assert.is(nearestName('clasify', names), 'classify');
  assert.is(nearestName('d', names), 'detect');
  assert.is(nearestName('doc', names), 'doctor');
  assert.is(nearestName('modelslist', names), 'models');
  assert.is(nearestName('x', []), undefined);
});

test('a flag answers to its former name, which is proposed to nobody', () => {
  const renamed = {
    optimizer: { kind: 'text', value: 'NAME', alias: 'optimiser', help: '' },
  } as const satisfies FlagTable;
  assert.is(parseFlags(renamed, ['--optimiser', 'adamw']).flags.optimizer, 'adamw');
  assert.is(parseFlags(renamed, ['--optimiser=sgd', '--optimizer=adamw']).flags.optimizer, 'adamw');
  assert.throws(() => parseFlags(renamed, ['--optimise', 'x']), /the nearest known one is '--optimizer'/);
});

test.run();
