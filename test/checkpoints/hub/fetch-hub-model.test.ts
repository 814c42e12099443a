import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchModel, listHubModels } from '../../../checkpoints/fetch-model.ts';
import { fetchHubModel } from '../../../checkpoints/hub/fetch-hub-model.ts';
import { ResnetCocoError } from '../../../errors.ts';
import type { FetchOptions } from '../../../io/download/download.ts';
import type { Patience } from '../../../io/download/patience.ts';
import { commitOf, HubServer, type Repository, repositoryOf } from './hub-server.ts';

/** No connection stalls but where a test has it so. */
const patience: Patience = { stallMs: 600_000, retries: 2, backoffMs: 1, lockMs: 400 };
const TOKEN = 'hf_secretSECRETsecret';

const first = commitOf('first');
const second = commitOf('second');
const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 5));
const config = '{ "architecture": "resnet18" }';
const usual = { 'config.json': config, 'model.safetensors': weights, 'README.md': '# A model' };

const repositories = (): Record<string, Repository> => ({
  'a/usual': repositoryOf(usual),
  'a/transformers': repositoryOf({ ...usual, 'preprocessor_config.json': '{}', 'pytorch_model.bin': 'pickle' }),
  'a/pickle': repositoryOf({ 'config.json': config, 'pytorch_model.bin': weights }),
  'a/own': repositoryOf({ 'nets/best one.pth': weights, 'config.json': config, 'other.pth': 'other' }),
  'a/keras': repositoryOf({ 'tf_model.h5': 'keras' }),
  'a/moving': {
    refs: { main: first, 'v1.0': first, dev: second },
    commits: { [first]: usual, [second]: { ...usual, 'model.safetensors': 'newer weights' } },
  },
  'a/private': { ...repositoryOf(usual), token: TOKEN },
  'a/gated': { ...repositoryOf(usual), token: 'another', gated: true },
});

interface Context {
  hub: HubServer;
  home: string;
}

const VARIABLES = [
  'HF_ENDPOINT',
  'HF_TOKEN',
  'HUGGING_FACE_HUB_TOKEN',
  'HF_TOKEN_PATH',
  'HF_HOME',
  'HF_HUB_OFFLINE',
  'RESNET_COCO_HOME',
  'RESNET_COCO_MIRROR',
];
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

const test = suite<Context>('fetch-hub-model');
test.before.each(async (context) => {
  context.home = mkdtempSync(join(tmpdir(), 'hub-'));
  context.hub = await HubServer.start(repositories());
  for (const name of VARIABLES) delete process.env[name];
  process.env.RESNET_COCO_HOME = context.home;
  process.env.HF_ENDPOINT = context.hub.origin;
  process.env.HF_HOME = join(context.home, 'huggingface');
});
test.after.each(async ({ hub, home }) => {
  await hub.stop();
  rmSync(home, { recursive: true, force: true });
});
test.after(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** The server of the usual weights. */
const largeOf = (hub: HubServer, id = 'a/usual') => hub.large.get(`${id}@${first}/model.safetensors`)!;

const get = (name: string, options: FetchOptions = {}): Promise<string> => fetchHubModel(name, options, patience);

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, ResnetCocoError);
  const { code, message } = error as ResnetCocoError;
  assert.is(code, 'DOWNLOAD_FAILED', message);
  assert.not(`${message}${(error as Error).stack}`.includes(TOKEN));
  return message;
}

test('the weights and what describes them come into a folder of their commit', async ({ hub, home }) => {
  const path = await get('hf:a/usual');
  assert.is(path, join(home, 'hub', 'a', 'usual', first, 'model.safetensors'));
  assert.equal(readFileSync(path), weights);
  assert.equal(readdirSync(dirname(path)).sort(), ['config.json', 'model.safetensors']);
  assert.not(hub.requests.some(({ headers }) => headers.authorization));
});

test('a second time, a branch costs one question, a tag that was fetched as a branch too, and a commit none', async ({
  hub,
}) => {
  const path = await get('hf:a/usual');
  hub.requests.length = 0;
  assert.is(await get('hf:a/usual'), path);
  assert.equal(hub.asked, ['HEAD /a/usual/resolve/main/model.safetensors']);
  assert.is(await get(`hf:a/usual@${first}`), path);
  assert.is(hub.requests.length, 1);
});

test("transformers' layout: safetensors are preferred, and the preprocessing comes along", async () => {
  const path = await get('hf:a/transformers');
  assert.equal(readdirSync(dirname(path)).sort(), ['config.json', 'model.safetensors', 'preprocessor_config.json']);
});

test('without safetensors, the state dict', async () => {
  const path = await get('hf:a/pickle');
  assert.ok(path.endsWith('pytorch_model.bin'), path);
  assert.equal(readFileSync(path), weights);
});

test('a file by its path, with the description of the repository beside it', async () => {
  const path = await get('hf:a/own/nets/best one.pth');
  assert.ok(path.endsWith(join(first, 'nets', 'best one.pth')), path);
  assert.equal(readFileSync(path), weights);
  assert.is(readFileSync(join(dirname(path), 'config.json'), 'utf8'), config);
});

test('revisions do not mix', async ({ hub }) => {
  const newer = await get('hf:a/moving@dev');
  const tagged = await get('hf:a/moving@v1.0');
  assert.is(readFileSync(newer, 'utf8'), 'newer weights');
  assert.equal(readFileSync(tagged), weights);
  assert.is(await get('hf:a/moving'), tagged);
  assert.is(await get(`hf:a/moving@${second.toUpperCase()}`), newer);
  assert.is(largeOf(hub, 'a/moving').requests.length, 1);
});

test('a branch that has moved is fetched anew', async ({ hub, home }) => {
  const moving = repositories()['a/moving'];
  await hub.stop();
  hub = await HubServer.start({ 'a/moving': moving });
  process.env.HF_ENDPOINT = hub.origin;
  const older = await get('hf:a/moving');
  moving.refs.main = second;
  const newer = await get('hf:a/moving');
  assert.is.not(newer, older);
  assert.is(readFileSync(newer, 'utf8'), 'newer weights');
  assert.match(readFileSync(join(home, 'hub', 'a', 'moving', 'refs', 'main'), 'utf8'), second);
  await hub.stop();
});

test('offline: what is here is used, with a note; what is not is refused with what to do', async ({ hub }) => {
  const path = await get('hf:a/usual');
  await hub.stopHub();
  const notes: string[] = [];
  assert.is(await get('hf:a/usual', { onNote: (note) => notes.push(note) }), path);
  assert.is(notes.length, 1);
  assert.match(
    notes[0],
    /^hf:a\/usual: http:\/\/127\.0\.0\.1:\d+\/: .*The files of commit [0-9a-f]{40}, which are on this machine, are used$/,
  );
  assert.is(await get(`hf:a/usual@${first}`), path);
  assert.match(
    await failure(get('hf:a/pickle')),
    /^hf:a\/pickle: http:\/\/127\.0\.0\.1:\d+\/: .+; check the connection, set HF_ENDPOINT to a mirror/,
  );
});

test('HF_HUB_OFFLINE asks nothing', async ({ hub }) => {
  const path = await get('hf:a/usual');
  hub.requests.length = 0;
  process.env.HF_HUB_OFFLINE = '1';
  assert.is(await get('hf:a/usual'), path);
  assert.match(await failure(get('hf:a/usual@v2')), /^hf:a\/usual@v2: not on this machine, and HF_HUB_OFFLINE forbids/);
  assert.match(await failure(get('hf:a/pickle')), /HF_HUB_OFFLINE/);
  assert.is(hub.requests.length, 0);
  process.env.HF_HUB_OFFLINE = '0';
  await get('hf:a/pickle');
});

test('the token is sent to the hub, and not to the host of large files', async ({ hub }) => {
  process.env.HF_TOKEN = TOKEN;
  await get('hf:a/private');
  assert.ok(hub.requests.length >= 4);
  assert.ok(hub.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
  const elsewhere = [...hub.large.values()].flatMap(({ requests }) => requests);
  assert.is(elsewhere.length, 1);
  assert.not(JSON.stringify(elsewhere.map(({ headers, url }) => [headers, url])).includes('secret'));
});

test('the token is also read from the other variable, and from the file of the hub', async ({ home }) => {
  process.env.HUGGING_FACE_HUB_TOKEN = ` ${TOKEN}\n`;
  await get('hf:a/private');
  delete process.env.HUGGING_FACE_HUB_TOKEN;
  rmSync(join(home, 'hub'), { recursive: true });
  assert.match(await failure(get('hf:a/private')), /set HF_TOKEN/);
  mkdirSync(join(home, 'huggingface'));
  writeFileSync(join(home, 'huggingface', 'token'), `${TOKEN}\n`);
  await get('hf:a/private');
});

test('a token that cannot be sent is not shown', async () => {
  process.env.HF_TOKEN = `${TOKEN} and\nmore`;
  assert.match(await failure(get('hf:a/usual')), /^HF_TOKEN: holds no token/);
});

test('what is private, gated, or absent', async ({ hub }) => {
  assert.match(
    await failure(get('hf:a/private')),
    /no repository http.*\/a\/private, or it is private: then set HF_TOKEN/,
  );
  assert.match(
    await failure(get('hf:a/gated')),
    /access is restricted \(HTTP 401\); accept its terms at http.*\/a\/gated, then set HF_TOKEN/,
  );
  process.env.HF_TOKEN = TOKEN;
  assert.match(
    await failure(get('hf:a/gated')),
    /restricted \(HTTP 403\); the account of the token in HF_TOKEN has no access yet: ask for it at/,
  );
  assert.match(
    await failure(get('hf:a/none')),
    /no repository .*\/a\/none, or the account of the token in HF_TOKEN may not read it/,
  );
  assert.match(await failure(get('hf:a/usual@v9')), /^hf:a\/usual@v9: the repository has no revision 'v9'/);
  process.env.HF_TOKEN = 'expired';
  assert.match(await failure(get('hf:a/usual')), /refuses the token in HF_TOKEN: it is mistyped or has expired/);
  assert.ok(hub.requests.length < 20);
});

test('a hub that does not say what is missing is asked', async ({ hub }) => {
  hub.terse = true;
  assert.match(
    await failure(get('hf:a/private')),
    /^hf:a\/private: private, or not there; .*set HF_TOKEN .*\(HTTP 401\)$/,
  );
  process.env.HF_TOKEN = TOKEN;
  assert.match(await failure(get('hf:a/none')), /no repository/);
  assert.match(await failure(get('hf:a/usual@v9')), /no revision 'v9'/);
  assert.match(await failure(get('hf:a/own/nets/best.pth')), /no file nets\/best\.pth/);
  await get('hf:a/pickle');
});

test('an absent file: the nearest ones are named', async () => {
  assert.match(
    await failure(get('hf:a/own@main/nets/best_one.pth')),
    /no file nets\/best_one\.pth in revision 'main'; write hf:a\/own@main\/nets\/best one\.pth or /,
  );
  const several = await failure(get('hf:a/own'));
  assert.match(several, /neither model\.safetensors nor pytorch_model\.bin/);
  for (const file of ['nets/best one.pth', 'other.pth']) assert.ok(several.includes(`hf:a/own/${file}`), several);
  assert.not(several.includes('config.json'));
  assert.match(await failure(get('hf:a/keras')), /it has no weights that load/);
});

test('a mirror that has only the files', async ({ hub }) => {
  hub.hasApi = false;
  await get('hf:a/pickle');
  assert.match(await failure(get('hf:a/own/no.pth')), /no file no\.pth/);
});

test('a connection that breaks is continued where it ended', async ({ hub, home }) => {
  const cdn = largeOf(hub);
  const part = join(home, 'hub', 'a', 'usual', first, 'model.safetensors.part');
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  Object.assign(cdn.served, { cuts: [100_000], hasArrived: (bytes: number) => sizeOf(part) >= bytes });
  assert.equal(readFileSync(await get('hf:a/usual')), weights);
  assert.equal(cdn.ranges, [undefined, 'bytes=100000-']);
});

test('an aborted download is continued by the next', async ({ hub, home }) => {
  const cdn = largeOf(hub);
  cdn.served.stallAfter = 100_000;
  const controller = new AbortController();
  const reason = new Error('enough');
  const aborted = get('hf:a/usual', {
    signal: controller.signal,
    onProgress: ({ url }) => url.endsWith('model.safetensors') && controller.abort(reason),
  });
  assert.is(await aborted.catch((error: unknown) => error), reason);
  const folder = join(home, 'hub', 'a', 'usual', first);
  const came = statSync(join(folder, 'model.safetensors.part')).size;
  assert.ok(came > 0);
  delete cdn.served.stallAfter;
  assert.equal(readFileSync(await get('hf:a/usual')), weights);
  assert.is(cdn.ranges[1], `bytes=${came}-`);
  assert.equal(readdirSync(folder).sort(), ['config.json', 'model.safetensors']);
});

test('other bytes than the hub announces are deleted', async ({ hub, home }) => {
  largeOf(hub).served.body = Buffer.from('<html>Please log in</html>');
  assert.match(
    await failure(get('hf:a/usual')),
    /^hf:a\/usual: not fetched: .*its SHA-256 begins with [0-9a-f]{64}, not/,
  );
  assert.equal(readdirSync(join(home, 'hub', 'a', 'usual', first)), ['config.json']);
  largeOf(hub).served.body = Buffer.concat([weights, weights]);
  assert.match(await failure(get('hf:a/usual')), /sends more than the 300000 bytes that the file has/);
  assert.equal(readdirSync(join(home, 'hub', 'a', 'usual', first)), ['config.json']);
});

test("a small file is checked too, by git's hash", async ({ hub }) => {
  const right = { 'x-repo-commit': first };
  const wrong = { status: 200, headers: { ...right, etag: `"${'0'.repeat(40)}"` }, body: config };
  // The weights, then the description: once its headers, once itself.
  const { origin } = largeOf(hub);
  const linked = {
    'x-linked-etag': createHash('sha256').update(weights).digest('hex'),
    location: `${origin}/file.bin`,
  };
  hub.answers.push({ status: 302, headers: { ...right, ...linked } }, wrong, { status: 404 }, wrong);
  assert.match(await failure(get('hf:a/usual')), /config\.json is not the published file: its git's SHA-1 begins with/);
});

test('what is no answer of the hub', async ({ hub }) => {
  const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in</html>' };
  hub.answers.push(page);
  assert.match(
    await failure(get('hf:a/usual')),
    /answers with a web page, as a proxy or a login page does; check HF_ENDPOINT/,
  );
  const etag = `"${'a'.repeat(64)}"`;
  hub.answers.push({ status: 200, headers: { etag } });
  assert.match(await failure(get('hf:a/usual')), /does not answer as the hub does \(no X-Repo-Commit\)/);
  hub.answers.push({ status: 200, headers: { etag, 'x-repo-commit': '../../../../etc' } });
  assert.match(await failure(get('hf:a/usual')), /no X-Repo-Commit/);
  hub.answers.push({ status: 200, headers: { 'x-repo-commit': first } });
  assert.match(await failure(get('hf:a/usual')), /no ETag of model\.safetensors/);
  hub.answers.push({ status: 200, headers: { etag, 'x-repo-commit': second } });
  assert.match(await failure(get(`hf:a/usual@${first}`)), /no X-Repo-Commit/);
});

test('redirects to other than http: and https: are refused', async ({ hub, home }) => {
  for (const location of ['file:///etc/passwd', 'data:text/plain,x', 'ftp://example.org/x']) {
    hub.answers.push({ status: 302, headers: { location } });
    assert.match(await failure(get('hf:a/usual')), /no redirect to https:/);
    hub.redirect = location;
    assert.match(await failure(get('hf:a/usual')), /^hf:a\/usual: not fetched: /);
    hub.redirect = undefined;
  }
  assert.not(existsSync(join(home, 'hub', 'a', 'usual', first, 'model.safetensors')));
});

test('a repository with a new name', async ({ hub }) => {
  hub.answers.push({ status: 307, headers: { location: '/a/pickle/resolve/main/config.json' } });
  process.env.HF_TOKEN = TOKEN;
  assert.is(readFileSync(await get('hf:a/usual/config.json'), 'utf8'), config);
  assert.equal(hub.asked.slice(0, 2), [
    'HEAD /a/usual/resolve/main/config.json',
    'HEAD /a/pickle/resolve/main/config.json',
  ]);
  // It is the same host.
  assert.is(hub.requests[1].headers.authorization, `Bearer ${TOKEN}`);
});

test('a busy hub is asked again, after the wait it asks for', async ({ hub }) => {
  hub.answers.push({ status: 503 }, { status: 429, headers: { 'retry-after': '1' } });
  const notes: string[] = [];
  const began = performance.now();
  await get('hf:a/usual', { onNote: (note) => notes.push(note) });
  assert.ok(performance.now() - began > 900);
  assert.is(notes.length, 1);
  assert.match(notes[0], /HTTP 429 Too Many Requests; waiting as long as it asks, 1 s$/);
});

test('a hub that asks for too long a wait is given up', async ({ hub }) => {
  hub.answers.push({ status: 429, headers: { 'retry-after': '3600' } });
  assert.match(await failure(get('hf:a/usual')), /HTTP 429 Too Many Requests; it asks to wait 3600 s/);
  assert.is(hub.requests.length, 1);
});

test('an endpoint that is none', async () => {
  for (const endpoint of ['huggingface.co', 'file:///tmp', 'https://example.org/?x=1']) {
    process.env.HF_ENDPOINT = endpoint;
    assert.match(await failure(get('hf:a/usual')), /^HF_ENDPOINT is '.*', not an https: or http: URL/);
  }
  process.env.HF_ENDPOINT = 'http://me:password@127.0.0.1:9/';
  const message = await failure(get('hf:a/usual'));
  assert.not(message.includes('password'), message);
});

test('a password of a mirror is sent in place of the token', async ({ hub }) => {
  process.env.HF_TOKEN = TOKEN;
  process.env.HF_ENDPOINT = hub.origin.replace('//', '//me:pass@');
  await get('hf:a/usual');
  const basic = `Basic ${Buffer.from('me:pass').toString('base64')}`;
  assert.ok(hub.requests.every(({ headers }) => headers.authorization === basic));
});

test('several at once share one download', async ({ hub }) => {
  const paths = await Promise.all(Array.from({ length: 4 }, () => get('hf:a/usual')));
  assert.is(new Set(paths).size, 1);
  assert.is(largeOf(hub).requests.length, 1);
});

test('fetchModel takes such names, and the list says what is here', async ({ home }) => {
  assert.ok((await fetchModel('hf:a/usual')).endsWith('model.safetensors'));
  const name = 'hf:timm/resnet18.a1_in1k';
  const listed = async () => (await listHubModels()).find((model) => model.name === name)!;
  assert.equal(
    [(await listed()).cached, (await listed()).path],
    [false, join(home, 'hub', 'timm', 'resnet18.a1_in1k')],
  );
  const folder = join(home, 'hub', 'timm', 'resnet18.a1_in1k');
  mkdirSync(join(folder, 'refs'), { recursive: true });
  mkdirSync(join(folder, first));
  writeFileSync(join(folder, 'refs', 'main'), `${first} main\n`);
  writeFileSync(join(folder, first, 'model.safetensors'), weights);
  assert.equal([(await listed()).cached, (await listed()).path], [true, join(folder, first, 'model.safetensors')]);
});

test.run();
