import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseYaml } from '../../../../datasets/detection/yolo/yaml-settings.ts';
import { readYoloSettings } from '../../../../datasets/detection/yolo/yolo-names.ts';
import { assertFails } from '../scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'yaml-'));
test.after(() => rmSync(folder, { recursive: true }));

/** The settings in a file of this content. */
function settings(text: string, name = 'data.yaml') {
  writeFileSync(join(folder, name), text);
  return readYoloSettings(join(folder, name));
}
const reasonOf = async (text: string): Promise<string> =>
  parseYaml(text).then(
    () => 'none',
    (error: Error) => error.message,
  );

test('settings as people write them', async () => {
  const text = 'path: &p ../data # comment\ntrain: *p\nnc: 2\nnames:\n  0: "a"\n  1: b\nsplit: [1, .5, true, null]\n';
  const expected = { path: '../data', train: '../data', nc: 2, names: { 0: 'a', 1: 'b' }, split: [1, 0.5, true, null] };
  assert.equal(await parseYaml(text), expected);
  assert.equal(await parseYaml('[[[[a]]]]'), [[[['a']]]]);
  assert.is(await parseYaml(''), null);
});

test('depth, aliases and size are refused before anything is built', async () => {
  const many = 1_500_000;
  const deep = ['- ', '[', '{', '? ', 'a: '].map((step) => step.repeat(many / step.length));
  deep.push(Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'));
  for (const text of deep) assert.match(await reasonOf(text), /it nests deeper than 50 levels/, text.slice(0, 20));
  assert.match(await reasonOf(`a: &a b\nc: [${'*a, '.repeat(101)}]`), /more than 100 aliases/);
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi', 'ij']) {
    bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`);
  }
  assert.match(await reasonOf(bomb.join('\n')), /its aliases \(\*name\) stand for more than 100 values/);
  assert.match(await reasonOf('- a\n'.repeat(200_000)), /more than 500000 words and signs/);
  assert.match(await reasonOf(' '.repeat(5_000_000)), /5000000 characters; settings have at most 4194304/);
});

test('what is not YAML, and keys that are there twice', async () => {
  for (const text of ['a: [', 'a: b: c', '@', '"', 'a: *none']) assert.is.not(await reasonOf(text), 'none', text);
  assert.match(await reasonOf('names:\n  0: a\n  0: b'), /the key 0 is there twice/);
});

test('numbers of classes, and names, beyond what there can be', async () => {
  assert.is((await settings('nc: 50000')).names.length, 50_000);
  for (const nc of [50_001, 1e5, 1e6, 1e8, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 60, '1e300', '9'.repeat(300)]) {
    await assertFails(settings(`nc: ${nc}`), /data\.yaml: nc is \S+; there are at most 50000 classes/);
  }
  for (const nc of ['.inf', '.nan', '-1', '0', '1.5', 'x', `${'9'.repeat(400)}`]) {
    await assertFails(settings(`nc: ${nc}`), /data\.yaml: names must be a list/);
  }
  const names = Array.from({ length: 50_001 }, (_, i) => `n${i}`);
  await assertFails(settings(`names: [${names.join(',')}]`), /names has 50001 entries; there are at most 50000/);
  await assertFails(settings(names.join('\n'), 'classes.txt'), /classes\.txt: names has 50001 entries/);
  const map = names.slice(0, 50_000).map((name, i) => ` ${i}: ${name}`);
  assert.is((await settings(`names:\n${map.join('\n')}`)).names[49_999], 'n49999');
  const long = 'n'.repeat(2000);
  await assertFails(settings(`names: [a, ${long}]`), /names\[1\] has 2000 characters; a name has at most 1000/);
  await assertFails(settings(`a\n${long}`, 'classes.txt'), /names\[1\] has 2000 characters/);
});

test('paths that no file can have', async () => {
  const { readDetectionDataset } = await import('../../../../datasets/index.ts');
  for (const path of ['"a\\0b"', 'n'.repeat(300), 'data.yaml/x']) {
    for (const field of ['train', 'path', 'val']) {
      writeFileSync(join(folder, 'data.yaml'), `names: [a]\n${field === 'path' ? 'train: x\n' : ''}${field}: ${path}`);
      const error = await readDetectionDataset({ annotations: join(folder, 'data.yaml') }).catch((e: unknown) => e);
      assert.is((error as { code?: string }).code, 'FILE_NOT_FOUND', `${field}: ${path}: ${error}`);
    }
  }
});

test.run();
