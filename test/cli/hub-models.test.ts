import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { classifierShapes, planClassifier } from '../../backbone/index.ts';
import { type StoredTensor, writeSafetensors } from '../../checkpoints/index.ts';
import { loadClassifier } from '../../index.ts';
import { commitOf, HubServer, repositoryOf } from '../checkpoints/hub/hub-server.ts';
import { projectRoot } from '../shared-data.ts';
import { waveWeights } from '../waves.ts';

const main = join(projectRoot, 'dist', 'cli', 'main.js');
const cat = join(projectRoot, 'samples', 'cat.jpg');
const commit = commitOf('first');
const TOKEN = 'hf_secretSECRETsecret';

interface Context {
  hub: HubServer;
  home: string;
}

const root = mkdtempSync(join(tmpdir(), 'hub-models-'));
const folder = join(root, 'folder');
const names = ['model.safetensors', 'config.json'];

const test = suite<Context>('models of the hub on the command line');

/** A ResNet-18 with the weights of waves.py, as timm lays it out. */
test.before(async () => {
  mkdirSync(folder);
  const plan = planClassifier({
    architecture: 'resnet18',
    stem: 'imagenet',
    shortcut: 'B',
    stride_on: '3x3',
    num_classes: 7,
  } as never);
  const tensors = Object.entries(waveWeights(classifierShapes(plan))).map(
    ([name, { data, shape }]): [string, StoredTensor] => [
      name,
      { dtype: 'F32', shape, bytes: () => new Uint8Array((data as Float32Array).slice().buffer) },
    ],
  );
  await writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors), { format: 'pt' });
  const preparation = { input_size: [3, 64, 64], crop_pct: 0.95, interpolation: 'bicubic' };
  const pixels = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const config = { architecture: 'resnet18', num_classes: 7, pretrained_cfg: { ...preparation, ...pixels } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
});
test.after(() => rmSync(root, { recursive: true }));

test.before.each(async (context) => {
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
  const [open, closed] = [repositoryOf(files), repositoryOf({ 'config.json': '{}' })];
  context.hub = await HubServer.start({ 'timm/tiny': open, 'me/closed': { ...closed, token: 'another' } });
  context.home = mkdtempSync(join(root, 'home-'));
});
test.after.each(async ({ hub }) => {
  await hub.stop();
});

/** Starts the program with an environment in which the hub is the server. */
function start({ hub, home }: Context, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const {
    HF_TOKEN: _,
    HUGGING_FACE_HUB_TOKEN: __,
    HF_TOKEN_PATH: ___,
    HF_HUB_OFFLINE: ____,
    RESNET_COCO_MIRROR: _____,
    ...rest
  } = process.env;
  const own = { RESNET_COCO_HOME: home, HF_ENDPOINT: hub.origin, HF_HOME: join(home, 'huggingface') };
  return spawn(process.execPath, [main, ...args], {
    env: { ...rest, ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]!.on('data', (data) => (texts[name] += data));
  const [code] = await once(child, 'close');
  return { code, ...texts };
}

const run = (context: Context, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  ended(start(context, args, env));

test('classify, by the library and the command: what the same files in a folder give, offline afterwards too', async (context) => {
  const { hub, home } = context;
  const expected = await run(context, ['classify', cat, '--model', folder, '--json']);
  assert.is(expected.code, 0, expected.stderr);
  const first = await run(context, ['classify', cat, '--model', 'hf:timm/tiny', '--json']);
  assert.is(first.code, 0, first.stderr);
  assert.equal(JSON.parse(first.stdout), JSON.parse(expected.stdout));
  assert.match(first.stderr, `fetching ${hub.origin}/timm/tiny/resolve/${commit}/model.safetensors`);
  process.env.RESNET_COCO_HOME = home;
  process.env.HF_HUB_OFFLINE = '1';
  try {
    const classifier = await loadClassifier('hf:timm/tiny', { threads: 1 });
    const [top] = await classifier.classify(cat);
    await classifier.dispose();
    assert.is(top.index, JSON.parse(expected.stdout)[0].predictions[0].index);
  } finally {
    delete process.env.RESNET_COCO_HOME;
    delete process.env.HF_HUB_OFFLINE;
  }
  // The origin is of the server, which no longer answers.
  const { origin } = hub;
  await hub.stop();
  const later = await run({ hub: { origin } as HubServer, home }, [
    'classify',
    cat,
    '--model',
    'hf:timm/tiny',
    '--json',
  ]);
  assert.is(later.code, 0, later.stderr);
  assert.equal(JSON.parse(later.stdout), JSON.parse(expected.stdout));
  assert.match(later.stderr, `The files of commit ${commit}, which are on this machine, are used`);
});

test('two processes at once: one downloads', async (context) => {
  const both = await Promise.all([0, 1].map(() => run(context, ['models', 'fetch', 'hf:timm/tiny'])));
  const path = join(context.home, 'hub', 'timm', 'tiny', commit, 'model.safetensors');
  for (const { code, stdout, stderr } of both) assert.equal([code, stdout.trim()], [0, path], stderr);
  assert.equal(readdirSync(dirname(path)).sort(), [...names].sort());
  assert.is(context.hub.large.get(`timm/tiny@${commit}/model.safetensors`)!.requests.length, 1);
});

test('Ctrl-C leaves a part, and the next call continues it', async (context) => {
  const cdn = context.hub.large.get(`timm/tiny@${commit}/model.safetensors`)!;
  cdn.served.stallAfter = 1_000_000;
  const part = join(context.home, 'hub', 'timm', 'tiny', commit, 'model.safetensors.part');
  const sizeOf = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  const child = start(context, ['models', 'fetch', 'hf:timm/tiny']);
  const end = ended(child);
  while (sizeOf() < 1_000_000 && child.exitCode === null) await sleep(20);
  child.kill('SIGINT');
  const { code, stdout } = await end;
  assert.equal([code, stdout], [130, '']);
  assert.is(sizeOf(), 1_000_000);
  delete cdn.served.stallAfter;
  const again = await run(context, ['models', 'fetch', 'hf:timm/tiny']);
  assert.is(again.code, 0, again.stderr);
  assert.equal(cdn.ranges, [undefined, 'bytes=1000000-']);
});

test('a refusal ends with exit code 2, and the token is not shown', async (context) => {
  const args = ['classify', cat, '--model', 'hf:me/closed', '--verbose'];
  const without = await run(context, args);
  assert.is(without.code, 2);
  assert.match(without.stderr, /hf:me\/closed: there is no repository .*set HF_TOKEN/);
  assert.not.match(without.stderr, 'without a network');
  const refused = await run(context, args, { HF_TOKEN: TOKEN });
  assert.is(refused.code, 2);
  assert.match(refused.stderr, 'the account of the token in HF_TOKEN may not read it');
  assert.not(`${refused.stderr}${refused.stdout}`.includes(TOKEN));
});

test('a name without its prefix', async (context) => {
  const { code, stderr } = await run(context, ['classify', cat, '--model', 'timm/resnet50.a1_in1k']);
  assert.is(code, 2);
  assert.match(stderr, /timm\/resnet50\.a1_in1k: no such file; .*write hf:timm\/resnet50\.a1_in1k/);
});

test('the list has the recommended ones', async (context) => {
  const { stdout } = await run(context, ['models', 'list']);
  assert.match(stdout, /from the Hugging Face hub:\n.*\n/);
  assert.match(stdout, /hf:timm\/resnet50\.a1_in1k +25\.6 M +80\.4 at 224, 81\.2 at 288/);
  const listed = JSON.parse((await run(context, ['models', 'list', '--json'])).stdout);
  const model = listed.find(({ name }: { name: string }) => name === 'hf:timm/resnet18.a1_in1k');
  assert.equal(model.metric[0], { dataset: 'ImageNet-1K', name: 'acc@1', value: 71.504, image_size: 224 });
  assert.is(model.cached, false);
});

test.run();
