/**
 * `npm run demo`: detects objects in the photographs of `samples/` with the package's model, and says where the drawn
 * images and the page are.
 */
import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const samples = relative('.', join(root, 'samples'));
const out = relative('.', join(root, 'demo-output'));

/** Prints a command line and runs it. */
function run(...args: readonly string[]): void {
  console.log(`\n$ npx resnet-coco ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [main, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}

// The detector was trained on few images: most of its detections with lower scores are wrong.
run('detect', samples, '--model', 'coco-mini-resnet18-fpn', '--score', '0.9', '--out', out);
console.log(`\nThe images with their boxes, and a page with all of them: ${resolve(out, 'index.html')}`);
