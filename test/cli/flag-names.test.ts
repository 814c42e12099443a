import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../cli/commands.ts';
import type { Command } from '../../cli/terminal/command.ts';
import { type FlagTable, parseFlags, spelling } from '../../cli/terminal/flags.ts';
import { projectRoot } from '../shared-data.ts';

/** Flags of every command, and of the program itself. */
const general = ['--quiet', '--verbose', '--help', '--version'];

const all = new Map<string, Command>();
for (const [name, entry] of Object.values(commands).flatMap((group) => Object.entries(group))) {
  if ('load' in entry) all.set(name, await entry.load());
  else for (const [sub, { load }] of Object.entries(entry.subcommands)) all.set(`${name} ${sub}`, await load());
}
const spellings = (flags: FlagTable): string[] => Object.entries(flags).map(([name, flag]) => spelling(name, flag));
const known = new Set([...general, ...[...all.values()].flatMap(({ flags }) => spellings(flags))]);

/** The flags that a text names. */
const named = (text: string): string[] => text.match(/(?<![\w-])--[a-z]+(?:-[a-z]+)*(?![\w$-])/g) ?? [];

test('each flag that a command\u2019s help names is one of its own', () => {
  for (const [name, { details = [], flags, positionals, summary }] of all) {
    const own = new Set([...general, ...spellings(flags)]);
    const texts = [summary, ...details, ...positionals.help.flat(), ...Object.values(flags).map(({ help }) => help)];
    for (const text of texts) {
      // "detections.json of detect --out" names another command's.
      const others = [...all]
        .filter(([other]) => text.includes(`${other} --`))
        .flatMap(([, other]) => spellings(other.flags));
      for (const flag of named(text)) assert.ok(own.has(flag) || others.includes(flag), `${name}: ${flag} in: ${text}`);
    }
  }
});

test('each example in the help is a call that is understood', () => {
  for (const { examples } of all.values()) {
    for (const [call] of examples) {
      const words = call
        .replace(/^.*\| /, '')
        .replace(/ > .*$/, '')
        .split(' ');
      assert.is(words.shift(), 'resnet-coco', call);
      const name = all.has(words[0]) ? words.splice(0, 1)[0] : words.splice(0, 2).join(' ');
      const command = all.get(name);
      assert.ok(command, call);
      parseFlags({ ...command.flags, quiet: { kind: 'boolean', help: '' } }, words);
    }
  }
});

test('--seed is of the commands that draw something; others refuse it', () => {
  const drawing = ['train backbone', 'train detector', 'datasets crops', 'datasets split', 'datasets sample'];
  for (const [name, { flags }] of all) {
    const parse = () => parseFlags(flags, ['--seed', '1']);
    if (drawing.includes(name)) assert.is(parse().flags.seed, 1, name);
    else assert.throws(parse, /^unknown flag '--seed'; the nearest known one is '--/, name);
  }
});

test('each flag that a message names exists', () => {
  const rooms = readdirSync(projectRoot, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|test$|bench$|docs$)/.test(entry.name),
  );
  const files = rooms.flatMap(({ name }) =>
    readdirSync(join(projectRoot, name), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
      .map((file) => join(name, file)),
  );
  assert.ok(files.length > 100);
  const texts = files.map((file) => [file, readFileSync(join(projectRoot, file), 'utf8')] as const);
  const unknown: string[] = [];
  for (const [file, text] of texts) {
    // Variables of CSS look the same.
    if (/var\(--|setProperty\('--/.test(text)) continue;
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
    const strings = code.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
    for (const flag of named(strings.join('\n'))) if (!known.has(flag)) unknown.push(`${file}: ${flag}`);
  }
  assert.equal(unknown, []);
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  for (const line of readme.split('\n').filter((line) => /^(npx )?resnet-coco /.test(line))) {
    for (const flag of named(line.replace(/ #.*$/, ''))) assert.ok(known.has(flag), `README.md: ${line}`);
  }
});

test.run();
