/**
 * `npm run demo`: detects objects in the photographs of `samples/` with the model that comes with the package, and says
 * where the drawn pictures and the page are.
 */
import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const samples = relative('.', join(root, 'samples'));
const out = relative('.', join(root, 'demo-output'));

/** Shows a call of the command line, and runs it. */
function run(...args: readonly string[]): void {
  console.log(`\n$ npx resnet-coco ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [main, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}

// What a detector that saw so few pictures is less sure of is seldom so.
run('detect', samples, '--model', 'coco-mini-resnet18-fpn', '--score', '0.9', '--out', out);
console.log(`\nThe pictures with their boxes, and a page of them all: ${resolve(out, 'index.html')}`);
