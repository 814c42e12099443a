import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../cli/commands.ts';
import { placesOf } from '../../cli/completion/places.ts';
import { completionScripts } from '../../cli/completion/shells.ts';
import { projectRoot } from '../shared-data.ts';

type Shell = keyof typeof completionScripts;

const folder = mkdtempSync(join(tmpdir(), 'completion-'));
const program = join(projectRoot, 'dist', 'cli', 'main.js');

/** In each shell: asks its completion for the last word of the arguments, and prints what it offers, a line each. */
const ASK: Readonly<Record<Shell, string>> = {
  bash: `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _resnet_coco 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Outside its line editor zsh has none of these functions.
  zsh: `compadd() { shift; local w; for w in "$@"; do [[ $w == \${PREFIX}* ]] && print -- $w; done }
_describe() { [[ $1 == -o ]] && shift; local w; for w in "\${(@P)2}"; do w=\${w%%:*}; [[ $w == \${PREFIX}* ]] && print -- $w; done }
_files() { local w; for w in \${PREFIX}*(N); do print -- $w; done }
compset() { PREFIX=\${PREFIX#*=} }
words=("$@"); CURRENT=$#; PREFIX=$words[-1]; _resnet_coco`,
  fish: `complete -C (string join ' ' -- $argv) | cut -f1`,
};

const suited = suite('completion');
suited.before(() => {
  for (const shell of Object.keys(ASK) as Shell[]) {
    const script = execFileSync(process.execPath, [program, 'completion', shell], { encoding: 'utf8' });
    writeFileSync(join(folder, `${shell}.sh`), `${script}\n${ASK[shell]}\n`);
  }
  for (const name of ['a picture.jpg', 'all.jpg']) writeFileSync(join(folder, name), '');
});
suited.after(() => rmSync(folder, { recursive: true }));

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const isThere = !spawnSync(shell, ['--version']).error;
  const test = isThere ? suited : suited.skip;
  const offered = (...words: string[]): string[] => {
    const script = join(folder, `${shell}.sh`);
    const environment = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
    const given = [script, 'resnet-coco', ...words];
    const { stderr, stdout } = spawnSync(shell, given, { encoding: 'utf8', cwd: folder, env: environment });
    assert.is(stderr, '');
    return stdout.split('\n').filter(Boolean);
  };

  test(`${shell}: commands, subcommands and flags`, () => {
    const entries = Object.values(commands).flatMap((group) => Object.keys(group));
    assert.equal(offered('').sort(), entries.sort());
    assert.equal(offered('mo'), ['models']);
    assert.equal(offered('models', '').sort(), ['convert', 'fetch', 'info', 'list']);
    assert.equal(offered('models', 'list', '--').sort(), ['--help', '--json', '--quiet', '--verbose']);
    assert.equal(offered('completion', '').sort(), ['bash', 'fish', 'zsh']);
  });

  test(`${shell}: values of flags, names of models, files`, () => {
    assert.equal(offered('detect', 'all.jpg', '--engine', 'w').sort(), ['wasm', 'webgpu']);
    const joined = shell === 'bash' ? offered('detect', '--engine', '=', 'w') : offered('detect', '--engine=w');
    assert.equal(joined.map((word) => word.replace('--engine=', '')).sort(), ['wasm', 'webgpu']);
    assert.ok(offered('detect', '--model', 'fasterrcnn').includes('fasterrcnn_resnet50_fpn_v2'));
    assert.ok(offered('models', 'info', 'resnet5').includes('resnet50-v2'));
    assert.equal(offered('classify', 'al'), ['all.jpg']);
    // A number has no words, and no file is one.
    assert.equal(offered('classify', 'all.jpg', '--top', 'al'), []);
  });
}

const test = suited;

test('the scripts name every command, and every flag that the help of the command has', async () => {
  const places = await placesOf(commands, {}, []);
  const script = completionScripts.bash(places);
  for (const [place, { flags }] of places) {
    for (const { spellings } of flags)
      assert.ok(
        spellings.every((flag) => script.includes(flag)),
        place,
      );
  }
  assert.ok(places.get('evaluate coco')!.flags.length > 5);
});

test('an unknown shell ends with exit code 2 and the nearest one', () => {
  const { status, stderr } = spawnSync(process.execPath, [program, 'completion', 'zhs'], { encoding: 'utf8' });
  assert.is(status, 2);
  assert.match(stderr, /completion knows bash, zsh, fish, not 'zhs'; the nearest is 'zsh'/);
});

suited.run();
