import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../../../cli/commands.ts';
import type { CommandEntry, CommandGroup } from '../../../cli/terminal/command.ts';
import { commandHelp, groupHelp, helpStyleOf, programHelp } from '../../../cli/terminal/help.ts';
import { projectRoot } from '../../shared-data.ts';
import { FakeOutput } from '../fake-output.ts';

const fakeProgram = fileURLToPath(new URL('../fake-program.js', import.meta.url));
const realProgram = join(projectRoot, 'dist', 'cli', 'main.js');

interface Ended {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Signals = readonly NodeJS.Signals[];

/** Runs a program to its end; `signals` are sent one by one, each `wait` ms after more of stderr has come. */
function run(
  script: string,
  args: readonly string[],
  signals: Signals = [],
  { closeStdout = false, environment = {}, wait = 0 } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const toSend = [...signals];
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (closeStdout) child.stdout.destroy();
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      const signal = toSend.shift();
      if (signal) setTimeout(() => child.kill(signal), wait);
    });
    child.on('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
}

const fake = (...args: string[]) => run(fakeProgram, args);
const real = (...args: string[]) => run(realProgram, args);

test('exit codes: done, partly done, wrong', async () => {
  assert.is((await fake('count', '--until', '3', '--quiet')).code, 0);
  assert.is((await fake('partly')).code, 1);
  assert.is((await fake('group', 'partly')).code, 1);
  assert.equal(await fake('wrong'), { code: 2, stdout: '', stderr: 'resnet-coco: a.jpg: broken; at its end\n' });
});

test('an unexpected error is one line, and --verbose shows the stack', async () => {
  const { code, stderr } = await fake('crash');
  assert.is(code, 2);
  assert.is(stderr, 'resnet-coco: unexpected TypeError: x is undefined (--verbose shows where)\n');
  assert.match((await fake('crash', '--verbose')).stderr, /at .*fake-program/);
  const stray = await fake('stray');
  assert.is(stray.code, 2);
  assert.match(stray.stderr, /^resnet-coco: unexpected Error: nobody waits for this .*\n$/);
});

test('the first signal stops cleanly: output is whole, the code is 130', async () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { code, stdout, stderr } = await run(fakeProgram, ['count'], [signal]);
    assert.is(code, 130);
    JSON.parse(stdout);
    assert.is(stderr, 'counting\nstopping: finishing and saving the work in flight; a second Ctrl-C ends at once\n');
  }
});

test('the second signal ends a command that does not listen', async () => {
  const { code, stderr } = await run(fakeProgram, ['deaf'], ['SIGINT', 'SIGTERM'], { wait: 600 });
  // For which a shell says 130.
  assert.is(code, 'SIGINT');
  assert.match(stderr, /^started\nstopping/);
});

test('one Ctrl-C that comes twice, from the terminal and from npm, is one', async () => {
  const { code, stdout } = await run(fakeProgram, ['saving'], ['SIGINT', 'SIGINT']);
  assert.is(code, 130);
  assert.is(stdout, 'saved\n');
});

test('an AbortError after a signal is no error', async () => {
  const { code, stderr } = await run(fakeProgram, ['abortable'], ['SIGINT']);
  assert.is(code, 130);
  assert.not.match(stderr, /Abort/);
});

test('a reader that goes away ends the program without a word', async () => {
  const { code, stderr } = await run(fakeProgram, ['flood'], [], { closeStdout: true });
  assert.is(code, 130);
  assert.is(stderr, '');
});

test('--version prints that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  for (const call of ['--version', '-v', 'version']) {
    assert.equal(await real(call), { code: 0, stdout: `${version}\n`, stderr: '' });
  }
});

test('help of the program, a group and each command goes to stdout', async () => {
  const { code, stdout } = await real('--help');
  assert.is(code, 0);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name);
  for (const name of ['classify', 'detect', 'models', 'export', 'doctor']) assert.ok(names.includes(name), name);
  for (const name of names) {
    const help = await real(name, '--help');
    assert.is(help.code, 0, name);
    assert.match(help.stdout, new RegExp(`Usage: resnet-coco ${name}`));
    assert.is(help.stderr, '');
    assert.ok(Math.max(...help.stdout.split('\n').map((line) => line.length)) <= 110);
  }
  assert.is((await real('help', 'detect')).stdout, (await real('detect', '-h', '--wrong')).stdout);
  assert.match((await real('models', 'convert', '--help')).stdout, /Usage: resnet-coco models convert <in> <out>/);
});

test('help is wrapped to the terminal, with bold heads where it shows them', async () => {
  const command = await (commands['Look at images'].detect as CommandEntry).load();
  const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;
  for (const columns of [44, 60, 100, 120]) {
    const style = helpStyleOf(Object.assign(new FakeOutput(), { isTTY: true, columns, hasColors: () => true }));
    const helps = [
      commandHelp('detect', command, command.flags, style),
      programHelp(commands, '1.0', style),
      groupHelp('models', commands.Models.models as CommandGroup, style),
    ];
    for (const help of helps) {
      assert.ok(help.includes(bold('Usage:')));
      // Calls in examples and names of flags are not broken.
      const lines = stripVTControlCharacters(help).split('\n');
      const long = lines.filter((line) => line.length > columns && !/^ {2}(resnet-coco|--)/.test(line));
      assert.equal(
        long.filter((line) => line.trim().includes(' ')),
        [],
        `${columns} columns`,
      );
    }
    assert.ok(helps[0].includes(`\n${bold('Examples')}\n`));
  }
  const plain = helpStyleOf(new FakeOutput());
  assert.equal([plain.bold, plain.width], [false, 100]);
  assert.is(helpStyleOf(Object.assign(new FakeOutput(), { isTTY: true, hasColors: () => false })).bold, false);
  const { stdout } = await real('detect', '--help');
  assert.is(stripVTControlCharacters(stdout), stdout);
});

test('where no model can be downloaded, detect, evaluate and classify name those of the package', async () => {
  const environment = { RESNET_COCO_HOME: join(projectRoot, 'no-home'), RESNET_COCO_MIRROR: 'http://127.0.0.1:9' };
  const photograph = join(projectRoot, 'samples', 'astronaut.jpg');
  const calls: [string[], RegExp][] = [
    [['detect', photograph], /--model coco-mini-resnet18-fpn or --model bccd-resnet18-fpn$/],
    [['classify', photograph], /--model cifar10-resnet20$/],
  ];
  for (const [args, offer] of calls) {
    const { code, stderr } = await run(realProgram, args, [], { environment });
    assert.is(code, 2);
    assert.match(stderr.trim(), offer);
  }
});

/** Refuses to load what only models need. */
const noTensors = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    export function resolve(specifier, context, next) {
      if (/tensorflow|onnxruntime|refused/.test(specifier)) throw new Error('loaded ' + specifier);
      return next(specifier, context);
    }\`));
`)}`;

test('a command gets its own flags, without those that every command has', async () => {
  assert.equal(JSON.parse((await fake('own', '--quiet', '--top', '3', '--verbose')).stdout), { top: 3 });
});

test('help and wrong calls load no tensor library', async () => {
  const guarded = (...args: string[]) => run('--import', [noTensors, ...args]);
  assert.match((await guarded('-e', 'import("refused")')).stderr, /loaded refused/);
  for (const args of [
    ['--help'],
    ['detect', '--help'],
    ['models', 'convert', '--help'],
    ['embed', '--help'],
    ['similar', '--help'],
  ]) {
    assert.is((await guarded(realProgram, ...args)).code, 0, args.join(' '));
  }
  assert.match((await guarded(realProgram, 'classify', 'gone.jpg')).stderr, /gone\.jpg: no such file/);
  assert.match((await guarded(realProgram, 'similar', 'a.jpg', 'gone.npy')).stderr, /gone\.npy: no such file/);
});

test('a wrong call: exit code 2, one line, the nearest name', async () => {
  const calls: [string[], RegExp][] = [
    [['clasify', 'x'], /unknown command 'clasify'; the nearest known one is 'classify'/],
    [['models', 'lst'], /unknown command 'models lst'; .*'models list'/],
    [['constructor'], /unknown command 'constructor'/],
    [['--jsn'], /unknown flag '--jsn'/],
    [['classify'], /classify wants <paths\.\.\.>, got nothing/],
    [['classify', '--topp', '3', 'x'], /unknown flag '--topp'; .*'--top'.*resnet-coco classify --help/],
    [['classify', '--top', 'x', 'y'], /--top wants a whole number from 1 to 100000, got 'x'/],
    [['detect', 'gone.jpg'], /gone\.jpg: no such file or folder/],
    [['doctor', 'now'], /doctor takes no arguments: 'now' is one too many/],
    [['export', 'resnet18'], /export wants --out/],
  ];
  for (const [args, message] of calls) {
    const { code, stdout, stderr } = await real(...args);
    assert.is(code, 2, args.join(' '));
    assert.is(stdout, '');
    assert.match(stderr, /^resnet-coco: [^\n]*\n$/);
    assert.match(stderr, message);
  }
});

test('without a command the help is on stderr', async () => {
  for (const args of [[], ['models']]) {
    const { code, stdout, stderr } = await real(...args);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, /Usage: resnet-coco/);
  }
});

test.run();
