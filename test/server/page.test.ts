import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeImage } from '../../datasets/images/decode.ts';
import { boxLabel, categoryColor } from '../../datasets/index.ts';
import { createServer, type Server } from '../../server/index.ts';
import { hasSwiftshader } from '../swiftshader.ts';
import { wavePicture, writeSmallDetector, writeSmallMaskAndKeypointDetector } from './small-models.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const hasGpu = CHROMIUM === '/usr/bin/chromium' && hasSwiftshader;
const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
const suited = suite('page');
const test = CHROMIUM ? suited : suited.skip;
const folder = mkdtempSync(join(tmpdir(), 'page-'));
const model = join(folder, 'small.safetensors');
const joints = join(folder, 'joints.safetensors');
const png = join(folder, 'picture.png');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const errors: string[] = [];
let server: Server;
let guarded: Server;
let browser: Browser;
let gpuBrowser: Browser | undefined;
let address: string;

suited.before(async () => {
  await writeSmallDetector(model);
  await writeSmallMaskAndKeypointDetector(joints);
  writeFileSync(png, await wavePicture(120, 90, 5, 'png'));
  if (!CHROMIUM) return;
  server = await createServer({ models: ['cifar10-resnet20', model, joints], threads: 1 });
  guarded = await createServer({ models: ['cifar10-resnet20'], threads: 1, token: 'open sesame' });
  address = await server.listen({ port: 0 });
  const launch = (...flags: string[]) => {
    const args = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', ...flags];
    return chromium.launch({ executablePath: CHROMIUM, args });
  };
  browser = await launch('--disable-gpu');
  if (hasGpu) gpuBrowser = await launch(...SOFTWARE_GPU);
});
suited.after(async () => {
  await browser?.close();
  await gpuBrowser?.close();
  await server?.close();
  await guarded?.close();
  rmSync(folder, { recursive: true });
});

async function open(
  at = address,
  size = { width: 1280, height: 800 },
  colorScheme: 'light' | 'dark' = 'light',
  inBrowser = browser,
) {
  const context = await inBrowser.newContext({ viewport: size, colorScheme, acceptDownloads: true });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(at);
  return page;
}
const answered = (page: Page) => page.locator('#save-json:not([disabled])').waitFor();
const boxes = (page: Page) =>
  page
    .locator('#overlay .box')
    .evaluateAll((all) =>
      all.map((box) => ['x', 'y', 'width', 'height'].map((name) => Number(box.getAttribute(name)))),
    );

/** Asks the classifier of thumbnails, too, which a photograph is not given unless it is chosen. */
const alsoClassify = (page: Page) => page.locator('#classifier').selectOption('cifar10-resnet20');

test('a chosen picture: boxes where the service says, a slider, a filter, downloads', async () => {
  const page = await open();
  await alsoClassify(page);
  await page.setInputFiles('#file', png);
  await answered(page);
  await page.locator('#score').fill('0.05');
  const form = new FormData();
  form.append('files', new Blob([readFileSync(png)]), 'picture.png');
  const reply = await fetch(`${address}/v1/detect?score=0.05`, { method: 'POST', body: form });
  const [{ detections }] = (await reply.json()) as [
    {
      detections: { bbox: number[]; category_id: number; label: string; score: number }[];
    },
  ];
  assert.ok(detections.length > 5);
  assert.equal(
    (await boxes(page)).toReversed(),
    detections.map(({ bbox }) => bbox),
  );
  // In the colors and words of drawn pictures; all tags lie over all lines.
  const drawnAs = (expression: string) =>
    page.evaluate(`[...document.querySelectorAll('#overlay .box')].map((box) => ${expression}).reverse()`);
  assert.equal(
    await drawnAs('getComputedStyle(box).stroke'),
    detections.map(({ category_id }) => `rgb(${categoryColor(category_id).join(', ')})`),
  );
  assert.equal(
    (await page.locator('#overlay .tags text').allTextContents()).toReversed(),
    detections.map(({ label, score }) => boxLabel(label, score)),
  );
  assert.is(await page.locator('#overlay .boxes ~ .tags').count(), 1);
  assert.is(await page.locator('#photo.small').count(), 1, 'a picture of 120 pixels is enlarged');
  // What is drawn lies over the picture on the screen.
  const [photo, overlay] = await Promise.all(['#photo', '#overlay'].map((id) => page.locator(id).boundingBox()));
  assert.equal(overlay, photo);

  const { score } = detections[2];
  const step = (Math.floor(score * 20) / 20).toFixed(2);
  await page.locator('#score').fill(step);
  const above = detections.filter((one) => one.score > Number(step));
  assert.is((await boxes(page)).length, above.length);
  const [{ label }] = above;
  await page.locator('#categories button', { hasText: label }).click();
  const ofLabel = above.filter((one) => one.label === label);
  assert.is((await boxes(page)).length, ofLabel.length);
  assert.is(await page.locator('#objects li').count(), ofLabel.length);

  const [json] = await Promise.all([page.waitForEvent('download'), page.click('#save-json')]);
  assert.is(json.suggestedFilename(), 'picture.json');
  const saved = JSON.parse(readFileSync(await json.path(), 'utf8'));
  assert.equal(saved.detections, ofLabel);
  assert.is(saved.predictions.length, 5);
  const [picture] = await Promise.all([page.waitForEvent('download'), page.click('#save-picture')]);
  const bytes = readFileSync(await picture.path());
  assert.equal([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [120, 90]);
  await page.context().close();
});

test('samples, drops and pastes; a single object by keyboard', async () => {
  const page = await open();
  await page.locator('#samples button', { has: page.locator('[alt=cat]') }).click();
  await answered(page);
  assert.is(await page.locator('#classes li').count(), 0);
  assert.not.match((await page.locator('#status').textContent())!, /Most like/);
  await alsoClassify(page);
  await page.locator('#classes li').first().waitFor();
  await answered(page);
  assert.match((await page.locator('#classes li').first().textContent())!, /^cat/);
  assert.match((await page.locator('#status').textContent())!, /Most like: cat\./);
  const bytes = JSON.stringify([...readFileSync(png)]);
  for (const [event, made] of [
    ['drop', "new DragEvent('drop', { dataTransfer: data })"],
    ['paste', "new ClipboardEvent('paste', { clipboardData: data })"],
  ]) {
    const file = `new File([Uint8Array.from(${bytes})], '${event}.png', { type: 'image/png' })`;
    await page.evaluate(`{ const data = new DataTransfer(); data.items.add(${file}); dispatchEvent(${made}); }`);
    await page.locator(`#photo[alt="${event}.png"]`).waitFor();
    await answered(page);
  }
  await page.locator('#score').fill('0.05');
  await page.locator('#overlay .object').last().focus();
  assert.is(await page.locator('#overlay.single .object.pointed').count(), 1);
  await page.locator('#objects button').first().focus();
  assert.is(await page.locator('#overlay.single .object.pointed').count(), 1);
  await page.context().close();
});

test('a thumbnail is classified unasked; what is hidden is not seen', async () => {
  const page = await open();
  const buffer = await wavePicture(48, 40, 3, 'png');
  await page.setInputFiles('#file', { name: 'small.png', mimeType: 'image/png', buffer });
  await answered(page);
  assert.is(await page.locator('#classes li').count(), 5);
  assert.is(await page.locator('#classifier').inputValue(), '');
  await page.route('**/runtime.json', (route) => route.fulfill({ json: { available: false } }));
  await page.reload();
  await page.locator('#objects-panel').waitFor();
  await page.waitForLoadState('networkidle');
  assert.is(await page.locator('#here-row').isVisible(), false);
  const seen = await page.evaluate(`[...document.querySelectorAll('body *')].filter((one) => {
    one.toggleAttribute('hidden', true);
    return getComputedStyle(one).display !== 'none';
  }).map((one) => one.outerHTML.slice(0, 60))`);
  assert.equal(seen, []);
  await page.context().close();
});

test('what is no picture is said, and what was there before goes on', async () => {
  const page = await open();
  await page.setInputFiles('#file', { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await page.locator('#problem:not([hidden])').waitFor();
  assert.match((await page.locator('#problem').textContent())!, /^Notes\.png: .*unknown format/);
  await page.setInputFiles('#file', png);
  await answered(page);
  assert.is(await page.locator('#problem').isVisible(), false);
  await page.context().close();
  // The browser itself reports a 422 and a picture that it cannot show.
  errors.splice(0, errors.length, ...errors.filter((error) => !/422/.test(error)));
});

/** Computes with the switch on, and compares with what the service says. */
async function checkHere(inBrowser: Browser, device: string): Promise<void> {
  const page = await open(address, undefined, undefined, inBrowser);
  await alsoClassify(page);
  await page.setInputFiles('#file', png);
  await answered(page);
  await page.locator('#score').fill('0.05');
  const seen = async () => ({
    labels: await page.locator('#objects li').allTextContents(),
    classes: await page.locator('#classes li').allTextContents(),
    boxes: await boxes(page),
  });
  const served = await seen();
  const sent: string[] = [];
  page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.locator('#here').check();
  await page.locator('#timing', { hasText: `Computed in this browser (${device}` }).waitFor({ timeout: 120_000 });
  const here = await seen();
  assert.equal(here.labels, served.labels);
  assert.equal(here.classes, served.classes);
  assert.ok(here.boxes.every((box, i) => box.every((side, k) => Math.abs(side - served.boxes[i][k]) < 0.05)));
  assert.ok(sent.some((request) => request.endsWith('.onnx')));
  assert.equal(
    sent.filter((request) => request.startsWith('POST')),
    [],
  );
  await page.context().close();
}

const shapes = (page: Page, layer: 'masks' | 'skeletons') =>
  page.locator(`#overlay .${layer} path`).evaluateAll((all) => all.map((path) => path.getAttribute('d')!));

test('masks and skeletons, each drawn or not as one chooses; in the browser the same', async () => {
  const page = await open();
  await page.setInputFiles('#file', png);
  await answered(page);
  assert.is(await page.locator('#layers-row').isVisible(), false, 'where there are only boxes');
  const [reply] = await Promise.all([
    page.waitForResponse(/detect$/),
    page.locator('#detector').selectOption('joints'),
  ]);
  await answered(page);
  await page.locator('#score').fill('0.05');
  const [{ detections }] = (await reply.json()) as [{ detections: { keypoints: number[] }[] }];
  const [masks, skeletons] = [await shapes(page, 'masks'), await shapes(page, 'skeletons')];
  assert.ok(masks.length > 3 && masks.length <= detections.length);
  // Four limbs; four joints and their rims.
  assert.is(skeletons.length, detections.length * (4 + 2 * 4));
  const [x, y] = detections[0].keypoints;
  assert.ok(skeletons.includes(`M${x} ${y}h0.01`));

  const layers = page.locator('#layers button');
  assert.equal(await layers.allTextContents(), ['Masks', 'Boxes', 'Keypoints']);
  const seen = () =>
    page.locator('#overlay > g').evaluateAll((all) => all.map((layer) => layer.getAttribute('display') !== 'none'));
  const savedColors = async () => {
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#save-picture')]);
    const { data } = await decodeImage(readFileSync(await saved.path()), 'saved');
    return data;
  };
  const all = await savedColors();
  assert.equal(await seen(), [true, true, true, true]);
  await layers.nth(0).click();
  assert.equal(await seen(), [false, true, true, true]);
  assert.not.equal(await savedColors(), all);
  await layers.nth(1).click();
  await layers.nth(2).click();
  assert.equal(await seen(), [false, false, false, false]);
  const bare = await decodeImage(readFileSync(png), 'bare');
  assert.equal(await savedColors(), bare.data);
  for (const layer of await layers.all()) await layer.click();
  assert.equal(await seen(), [true, true, true, true]);

  const [json] = await Promise.all([page.waitForEvent('download'), page.click('#save-json')]);
  assert.equal(JSON.parse(readFileSync(await json.path(), 'utf8')).detections, detections);

  await page.locator('#here').check();
  await page.locator('#timing', { hasText: 'Computed in this browser' }).waitFor({ timeout: 120_000 });
  await answered(page);
  assert.is((await shapes(page, 'masks')).length, masks.length);
  const here = await shapes(page, 'skeletons');
  const numbers = (paths: string[]) => paths.flatMap((path) => path.match(/-?[\d.]+/g)!.map(Number));
  assert.is(here.length, skeletons.length);
  const served = numbers(skeletons);
  assert.ok(numbers(here).every((value, i) => Math.abs(value - served[i]) < 0.1));
  await page.context().close();
});

test('in the browser: the same objects and classes, and the picture is not sent', () =>
  checkHere(browser, 'WebAssembly'));

(hasGpu ? test : suited.skip)('the same by WebGPU', () => checkHere(gpuBrowser!, 'WebGPU'));

test('a service with a token asks for it', async () => {
  const page = await open(await guarded.listen({ port: 0 }));
  await page.locator('#token').fill('open sesame');
  await page.keyboard.press('Enter');
  await page.locator('#classes-panel:not([hidden])').waitFor();
  assert.is(await page.locator('#token-form').isVisible(), false);
  await page.setInputFiles('#file', png);
  await answered(page);
  assert.is(await page.locator('#objects-panel').isVisible(), false);
  await page.context().close();
  errors.splice(0, errors.length, ...errors.filter((error) => !/401/.test(error)));
});

test('phone and desktop, light and dark: nothing that axe finds, nothing beyond the edge', async () => {
  for (const size of [
    { width: 1280, height: 800 },
    { width: 360, height: 740 },
  ]) {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await open(address, size, scheme);
      await page.setInputFiles('#file', png);
      await answered(page);
      await page.locator('#score').fill('0.05');
      await page.evaluate(axe);
      const violations = await page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
      );
      assert.equal(violations, [], `${size.width} ${scheme}`);
      const beyond = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
      assert.ok(beyond <= 0, `${beyond} pixels beyond the edge`);
      await page.context().close();
    }
  }
});

test('no error in the console', () => assert.equal(errors, []));

suited.run();
