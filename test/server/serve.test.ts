import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportModel, loadClassifier, loadDetector, type ResnetCocoError } from '../../index.ts';
import { createServer, type Server, type ServerOptions } from '../../server/index.ts';
import * as ask from './ask.ts';
import { type Body, form, problemOf } from './ask.ts';
import { wavePicture, writeSmallDetector, writeSmallMaskAndKeypointDetector } from './small-models.ts';

const test = suite('serve');
const folder = mkdtempSync(join(tmpdir(), 'serve-'));
const detectorFile = join(folder, 'small.detector.safetensors');
const jointFile = join(folder, 'joints.safetensors');
let server: Server;
let address: string;
let png: Buffer;
let jpeg: Buffer;

const lines: string[] = [];

test.before(async () => {
  await writeSmallDetector(detectorFile);
  await writeSmallMaskAndKeypointDetector(jointFile);
  [png, jpeg] = [await wavePicture(120, 90, 5, 'png'), await wavePicture(64, 48, 3, 'jpeg')];
  writeFileSync(join(folder, 'a.png'), png);
  writeFileSync(join(folder, 'b.jpg'), jpeg);
  const models = ['cifar10-resnet20', detectorFile, jointFile];
  server = await createServer({ models, threads: 1 }, { write: (line) => lines.push(line) });
  address = await server.listen({ port: 0 });
});
test.after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const post = (path: string, body: Body, headers: Record<string, string> = {}) =>
  ask.post(address + path, body, headers);

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON it is
const get = async (path: string): Promise<any> => (await fetch(address + path)).json();

test('classify: what the library says, whichever way the pictures come', async () => {
  const classifier = await loadClassifier('cifar10-resnet20', { threads: 1 });
  const [a, b] = await classifier.classify([join(folder, 'a.png'), join(folder, 'b.jpg')], { top: 3 });
  await classifier.dispose();
  const { json, status } = await post('/v1/classify', form({ 'a.png': png, 'b.jpg': jpeg }, { top: '3' }));
  assert.is(status, 200);
  assert.equal(json, [
    { file: 'a.png', predictions: a },
    { file: 'b.jpg', predictions: b },
  ]);
  const raw = await post('/v1/classify?top=3&file=a.png', png, { 'content-type': 'image/png' });
  assert.equal(raw.json, [{ file: 'a.png', predictions: a }]);
  const inJson = await post(
    '/v1/classify',
    JSON.stringify({
      images: [
        `data:image/jpeg;base64,${jpeg.toString('base64')}`,
        { file: 'x/../a.png', data: png.toString('base64url') },
      ],
      top: 3,
      model: 'cifar10-resnet20',
    }),
    { 'content-type': 'application/json' },
  );
  assert.equal(inJson.json, [
    { file: 'image 1', predictions: b },
    { file: 'a.png', predictions: a },
  ]);
  const five = await post('/v1/classify', JSON.stringify({ image: jpeg.toString('base64') }), {
    'content-type': 'application/json',
  });
  assert.is(five.json[0].predictions.length, 5);
});

test('detect: what the library says, by its score', async () => {
  const detector = await loadDetector(detectorFile, { threads: 1 });
  const found = await detector.detect(join(folder, 'a.png'), { score: 0.06 });
  await detector.dispose();
  assert.ok(found.length > 3);
  const { json } = await post('/v1/detect?score=0.06', form({ 'a.png': png }));
  assert.equal(json, [{ file: 'a.png', width: 120, height: 90, detections: found }]);
  const usual = await post('/v1/detect', form({ 'a.png': png }));
  assert.equal(
    usual.json[0].detections,
    found.filter(({ score }) => score > 0.5),
  );
  const bound = found[1].score;
  const above = await post(`/v1/detect?score=${bound}`, form({ 'a.png': png }));
  assert.equal(
    above.json[0].detections,
    found.filter(({ score }) => score > bound),
  );
});

test('detect: filters and tiles are those of the library, and what filters leave out is counted', async () => {
  const detector = await loadDetector(detectorFile, { threads: 1 });
  const file = join(folder, 'a.png');
  const all = await detector.detect(file, { score: 0.06, maxDetections: 1000 });
  const [{ label }] = all;
  const two = await detector.detect(file, { score: 0.06, classes: [label], maxDetections: 2 });
  const tiled = await detector.detectSliced(file, { slice: 64, overlap: 0.25, score: 0.3, merge: 'nms' });
  const joined = await detector.detect(file, { score: 0.06, nms: 0.2, agnosticNms: true, minArea: 100 });
  await detector.dispose();
  const query = new URLSearchParams({ score: '0.06', classes: label, max_detections: '2' });
  const filtered = await post(`/v1/detect?${query}`, form({ 'a.png': png }));
  const others = all.filter((one) => one.label !== label).length;
  const left_out = { classes: others, max_detections: all.length - others - 2 };
  assert.equal(filtered.json, [{ file: 'a.png', width: 120, height: 90, detections: two, left_out }]);
  const fields = { slice: '64', overlap: '0.25', score: '0.3', merge: 'nms' };
  const { json } = await post('/v1/detect', form({ 'a.png': png, 'cut.jpg': jpeg.subarray(0, 300) }, fields));
  assert.equal(json[0], { file: 'a.png', width: 120, height: 90, detections: tiled });
  assert.match(json[1].error, /^cut\.jpg: /);
  const body = JSON.stringify({
    ...{ image: png.toString('base64'), score: 0.06, nms: 0.2, agnostic_nms: true, min_area: 100 },
  });
  const inJson = await post('/v1/detect', body, { 'content-type': 'application/json' });
  assert.equal(inJson.json[0].detections, joined);
  const refused: [query: string, expected: RegExp][] = [
    ['classes=clas', /^400 BAD_REQUEST: classes: the model has no category "clas"; the nearest are class/],
    ['class_score=dog=.7', /^400 BAD_REQUEST: classScore: the model has no category "dog"/],
    ['class_score=dog', /^400 BAD_REQUEST: class_score must be NAME=P/],
    ['slice=8', /^400 BAD_REQUEST: slice must be the side of a tile in pixels, .* from 64 to 4096, not "8"/],
    ['overlap=0.2', /^400 BAD_REQUEST: overlap is for images in tiles: give their size, such as slice=640/],
    ['slice=64&merge=none', /^400 BAD_REQUEST: merge must be one of greedy-nmm, nmm, nms, not "none"/],
    ['agnostic_nms=yes', /^400 BAD_REQUEST: agnostic_nms must be true or false/],
  ];
  for (const [parameters, expected] of refused) {
    assert.match(problemOf(await post(`/v1/detect?${parameters}`, form({ 'a.png': png }))), expected);
  }
});

test("masks and joints are in COCO's form, and nothing else of the library's", async () => {
  const detector = await loadDetector(jointFile, { threads: 1 });
  const found = await detector.detect(join(folder, 'a.png'), { score: 0.1 });
  await detector.dispose();
  assert.ok(found.length > 3);
  const { json } = await post('/v1/detect?score=0.1&model=joints', form({ 'a.png': png }));
  assert.equal(
    json[0].detections,
    found.map(({ bbox, category_id, keypoint_scores, keypoints, label, mask, score }) => ({
      ...{ category_id, label, score, bbox },
      segmentation: { size: [90, 120], counts: mask!.counts },
      ...{ keypoints: keypoints!.flat(), keypoint_scores },
    })),
  );
  assert.ok(found.some(({ mask }) => mask!.area > 0));
  assert.is(json[0].detections[0].keypoints.length, 3 * 4);
});

test('a model has its joints in its configuration, and every part as a graph', async () => {
  const { config } = await get('/v1/models/joints');
  assert.equal(config.categories[0].keypoints, ['top', 'left', 'right', 'bottom']);
  assert.equal(config.categories[0].skeleton[2], [2, 4]);
  const graphs = await exportModel(jointFile);
  assert.equal(
    graphs.map(({ part }) => part),
    ['proposals', 'boxes', 'masks', 'keypoints'],
  );
  for (const { bytes, part } of graphs) {
    const reply = await fetch(`${address}/v1/models/joints/${part}.onnx`);
    assert.equal(new Uint8Array(await reply.arrayBuffer()), bytes, part);
  }
  const { error } = await get('/v1/models/joints/model.onnx');
  assert.match(error.message, /it has proposals, boxes, masks and keypoints$/);
});

test('a broken picture leaves the others alone; alone it is an error', async () => {
  const { json, status } = await post('/v1/classify', form({ 'a.png': png, 'bad.jpg': 'no picture', 'b.jpg': jpeg }));
  assert.is(status, 200);
  assert.equal(Object.keys(json[1]), ['file', 'error']);
  assert.match(json[1].error, /^bad\.jpg: .*unknown format/);
  assert.ok(json[0].predictions && json[2].predictions);
  const alone = await post('/v1/detect', form({ 'cut.jpg': jpeg.subarray(0, 300) }));
  assert.match(problemOf(alone), /^422 BAD_IMAGE: cut\.jpg: /);
});

test('what is wrong with a request is said', async () => {
  const json = { 'content-type': 'application/json' };
  const cases: [path: string, body: Body, headers: Record<string, string>, expected: RegExp][] = [
    [
      '/v1/classify?top=0',
      form({ 'a.png': png }),
      {},
      /^400 BAD_REQUEST: top must be a whole number from 1 to 10000, not "0"/,
    ],
    ['/v1/detect?score=2', form({ 'a.png': png }), {}, /^400 BAD_REQUEST: score must be a number from 0 to 1, not "2"/],
    [
      '/v1/detect?model=yolo',
      form({ 'a.png': png }),
      {},
      /^404 NOT_FOUND: no model called yolo here detects; there is small\.detector, joints$/,
    ],
    ['/v1/classify', form({}), {}, /^400 BAD_REQUEST: there is no image in the request/],
    ['/v1/classify', '{"image": "!!"}', json, /^400 BAD_REQUEST: image is not base64/],
    [
      '/v1/classify',
      '{"image": "http://169.254.169.254/"}',
      json,
      /^400 BAD_REQUEST: image is a URL, and the service fetches none/,
    ],
    ['/v1/classify', '{"images": 5}', json, /^400 BAD_REQUEST: images must be an array/],
    ['/v1/classify', '{"images": [{}]}', json, /^400 BAD_REQUEST: images\[0\] must be base64/],
    [
      '/v1/classify',
      JSON.stringify({ images: Array(100_000).fill('!') }),
      json,
      /^413 TOO_LARGE: a request may have 16 images/,
    ],
    [
      '/v1/classify',
      '{"image": "aaaa", "model": {"toString": 1}}',
      json,
      /^400 BAD_REQUEST: model must be a name from \/v1\/models, not an object$/,
    ],
    [
      '/v1/classify',
      `{"image": "aaaa", "top": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
      json,
      /^400 BAD_REQUEST: the JSON is nested more than 32 deep$/,
    ],
    [
      '/v1/classify',
      '{"image": "aaaa", "top": [[5]]}',
      json,
      /^400 BAD_REQUEST: top must be a whole number from 1 to 10000, not an array$/,
    ],
    [
      `/v1/classify?model=${'m'.repeat(5000)}`,
      form({ 'a.png': png }),
      {},
      /^404 NOT_FOUND: no model called m{60}… here classifies; there is/,
    ],
    [
      '/v1/classify',
      'x',
      { 'content-type': `multipart/form-data; boundary=${'b'.repeat(300)}` },
      /^400 BAD_REQUEST: the form is broken/,
    ],
    ['/v1/classify', '[1]', json, /^400 BAD_REQUEST: the body must be a JSON object/],
    ['/v1/classify', '{', json, /^400 BAD_REQUEST: /],
    ['/v1/classify', '', json, /^400 BAD_REQUEST: /],
    ['/v1/classify', 'a', { 'content-type': 'text/plain' }, /^415 UNSUPPORTED_MEDIA_TYPE: send multipart/],
    ['/v1/classify', 'x', { 'content-type': 'multipart/form-data' }, /^400 BAD_REQUEST: /],
    ['/v1/classify', '--b\r\nnonsense', { 'content-type': 'multipart/form-data; boundary=b' }, /^400 BAD_REQUEST: /],
    ['/nothing/..%2f..%2fetc/passwd', 'x', {}, /^404 NOT_FOUND: there is nothing at POST/],
  ];
  for (const [path, body, headers, expected] of cases)
    assert.match(problemOf(await post(path, body, headers)), expected);
});

test('a part of a form that is of type image/* is a picture without a file name too', async () => {
  const body = Buffer.concat([
    Buffer.from('--b\r\ncontent-disposition: form-data; name="files"\r\ncontent-type: image/png\r\n\r\n'),
    png,
    Buffer.from('\r\n--b--\r\n'),
  ]);
  const { json, status } = await post('/v1/classify', body, { 'content-type': 'multipart/form-data; boundary=b' });
  assert.is(status, 200);
  assert.is(json[0].file, 'image 1');
});

test('models, health, metrics, documentation', async () => {
  const models = await get('/v1/models');
  assert.equal(
    models.map(({ labels, name, task }: { labels: string[]; name: string; task: string }) => [
      name,
      task,
      labels.length,
    ]),
    [
      ['cifar10-resnet20', 'classify', 10],
      ['small.detector', 'detect', 4],
      ['joints', 'detect', 4],
    ],
  );
  assert.equal(await get('/healthz'), { status: 'ok' });
  assert.equal(await get('/readyz'), { status: 'ready' });
  const metrics = await fetch(`${address}/metrics`);
  const text = await metrics.text();
  assert.match(text, /resnet_coco_requests_total\{route="\/v1\/classify",method="POST",status="200"\} \d+/);
  assert.match(text, /resnet_coco_batch_size_count\{model="cifar10-resnet20"\} \d+/);
  assert.match(text, /resnet_coco_queued_pictures\{model="small.detector"\} 0/);
  const { openapi, paths } = await get('/openapi.json');
  assert.match(openapi, /^3\./);
  const { detections } =
    paths['/v1/detect'].post.responses[200].content['application/json'].schema.items.anyOf[0].properties;
  assert.equal(Object.keys(detections.items.properties).slice(4), ['segmentation', 'keypoints', 'keypoint_scores']);
  for (const path of ['/v1/classify', '/v1/detect', '/v1/models', '/healthz', '/metrics']) assert.ok(paths[path], path);
  const docs = await fetch(`${address}/docs`);
  assert.is(docs.status, 200);
  assert.match(docs.headers.get('content-security-policy')!, /default-src 'self'/);
  assert.is(docs.headers.get('access-control-allow-origin'), null);
});

test('the log has a line of JSON for each request, and nothing of its query or body', async () => {
  lines.length = 0;
  await post('/v1/classify?top=2&file=secret-name.png', png, { 'content-type': 'image/png' });
  await sleep(5);
  const entries = lines.map((line) => JSON.parse(line));
  assert.ok(entries.some(({ req }) => req?.url === '/v1/classify' && req.method === 'POST'));
  assert.ok(entries.some(({ res }) => res?.statusCode === 200));
  assert.not(lines.join('').includes('secret-name'));
});

test('settings that make no sense are refused by name', async () => {
  const code = async (options: object): Promise<string> => {
    const made = await createServer(options as ServerOptions).catch((error: ResnetCocoError) => error);
    return 'code' in made ? `${made.code} ${made.message}` : 'it started';
  };
  assert.match(await code({ models: [] }), /^BAD_CONFIG .*models/);
  assert.match(await code({ models: ['cifar10-resnet20'], token: 'short' }), /^BAD_CONFIG .*token/);
  assert.match(await code({ models: ['nothing'] }), /^UNKNOWN_MODEL/);
});

test('routes and plugins of one\u2019s own are added before the service listens', async () => {
  const own = await createServer({ models: ['cifar10-resnet20'], threads: 1 });
  try {
    own.app.get('/hello', async () => 'a route of my own');
    await own.app.register(async (app) => app.get('/plugin', async () => 'and one of a plugin'));
    const address = await own.listen({ port: 0 });
    const answers = ['/hello', '/plugin', '/healthz'].map(async (path) => (await fetch(address + path)).text());
    assert.equal(await Promise.all(answers), ['a route of my own', 'and one of a plugin', '{"status":"ok"}']);
  } finally {
    await own.close();
  }
});

test.run();
