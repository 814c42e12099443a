/**
 * `npm run demo`: detects objects in a few photographs, classifies others, and says where the results are. Models and
 * photographs come from the shared data beside the checkout; what is absent there is named and left out.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, readdirSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';

const PHOTOGRAPHS = 12;

const root = fileURLToPath(new URL('../..', import.meta.url));
const data = join(root, '..', 'shared', 'data');
const out = join(root, 'demo-output');

/** The first pictures of a folder, by name. */
const photographs = (folder: string): string[] =>
  readdirSync(join(data, folder))
    .sort()
    .slice(0, PHOTOGRAPHS)
    .map((name) => join(data, folder, name));

/** Shows a call of the command line, and runs it on pictures. */
function run(args: readonly string[], pictures: readonly string[] = []): void {
  const shown = args.map((arg) => (arg.startsWith(root) || arg.startsWith(data) ? relative('.', arg) : arg));
  console.log(`\n$ resnet-coco ${shown.join(' ')}${pictures.length ? ` (${pictures.length} pictures)` : ''}`);
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const { status } = spawnSync(process.execPath, [main, ...args, ...pictures], { stdio: 'inherit' });
  if (status) process.exitCode = status;
}

function lacks(task: string, needed: readonly string[]): boolean {
  const absent = needed.filter((name) => !existsSync(join(data, name)));
  if (!absent.length) return false;
  console.log(`${task}: left out. It needs ${absent.join(' and ')} in ${data}, which this machine lacks.`);
  console.log('With a model of your own: npx resnet-coco classify|detect PICTURES --model FILE');
  return true;
}

async function detect(): Promise<void> {
  if (lacks('Detection', ['detector', 'coco-mini/val/images'])) return;
  const model = join(out, 'detector.safetensors');
  const source = join(data, 'detector');
  run(['models', 'convert', join(source, 'detector.safetensors'), model, '--config', join(source, 'config.json')]);
  run(['detect', '--model', model, '--out', join(out, 'detected')], photographs('coco-mini/val/images'));
  console.log(`\nPictures with their boxes, and the page of all: ${join(out, 'detected', 'index.html')}`);
}

async function classify(): Promise<void> {
  if (lacks('Classification', ['imagenet-weights/resnet18.safetensors.gz', 'imagenet-sample/images'])) return;
  const model = join(out, 'resnet18.safetensors');
  const packed = createReadStream(join(data, 'imagenet-weights', 'resnet18.safetensors.gz'));
  await pipeline(packed, createGunzip(), createWriteStream(`${model}.part`));
  await rename(`${model}.part`, model);
  run(['classify', '--model', model, '--top', '1'], photographs('imagenet-sample/images'));
}

await mkdir(out, { recursive: true });
await detect();
await classify();
