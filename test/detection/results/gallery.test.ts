import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import jpeg from 'jpeg-js';
import { chromium } from 'playwright-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boxLabel, categoryColor, categoryPaint } from '../../../datasets/index.ts';
import { Gallery, type GalleryPicture, previewSide } from '../../../detection/results/gallery.ts';
import { ResnetCocoError } from '../../../errors.ts';

const root = mkdtempSync(join(tmpdir(), 'gallery-'));
const newFolder = () => mkdtempSync(join(root, 'test-'));
test.after(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
const preview = jpeg.encode({ width: 8, height: 6, data: Buffer.alloc(8 * 6 * 4, 128) }, 75).data;

const hostile =
  '</script><script>document.title="broken"</script><!--<img src=x onerror=alert(1)> "\'&\u2028\ud800 é 犬 \u202e';
const picture = (file: string, detections: GalleryPicture['detections'] = []): GalleryPicture => ({
  file,
  width: 640,
  height: 480,
  detections,
  preview,
});
const found = (label: string, score: number, category_id = 1) => ({
  category_id,
  label,
  score,
  bbox: [10.04, 20.06, 100, 50] as const,
});

/** The JSON records of a kind, as the page's script would read them. */
const recordsIn = (page: string, kind: string) =>
  [...page.matchAll(new RegExp(`<script type="application/json" class="${kind}">(.*?)</script>`, 'gs'))].map(
    ([, json]) => JSON.parse(json),
  );

test('holds every picture with its boxes, best first, its preview, and every failure', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 'Holiday', 3);
  await gallery.add({
    ...picture('a.jpg', [found('dog', 0.5, 18), found('cat', 0.91237, 17)]),
    link: 'sub dir/a#1.jpg',
  });
  await gallery.add(picture('b.jpg'));
  await gallery.fail('c.jpg', 'not an image');
  await gallery.finish();
  const page = readFileSync(path, 'utf8');
  assert.equal(recordsIn(page, 'picture'), [
    {
      file: 'a.jpg',
      width: 640,
      height: 480,
      objects: [
        ['cat', 0.9124, 10, 20.1, 100, 50],
        ['dog', 0.5, 10, 20.1, 100, 50],
      ],
      paints: { dog: categoryPaint(18), cat: categoryPaint(17) },
      link: './sub%20dir/a%231.jpg',
    },
    { file: 'b.jpg', width: 640, height: 480, objects: [], paints: {} },
  ]);
  assert.equal(recordsIn(page, 'failure'), [{ file: 'c.jpg', error: 'not an image' }]);
  const previews = [...page.matchAll(/class="preview">(.*?)</g)].map(([, base64]) => Buffer.from(base64, 'base64'));
  assert.equal(previews, [preview, preview]);
  assert.match(page, '<title>Holiday</title>');
  assert.match(page, 'data-expected="3"');
});

test('rounded for the page, a score stays on its side of each hundredth', async () => {
  const path = join(newFolder(), 'index.html');
  const scores = [0.50001, 0.5, 0.49999, Math.fround(0.1), Math.fround(0.1) + 1e-7];
  const gallery = await Gallery.create(path, 'Bounds', 1);
  await gallery.add(
    picture(
      'a.jpg',
      scores.map((score) => found('dog', score)),
    ),
  );
  await gallery.finish();
  const [{ objects }] = recordsIn(readFileSync(path, 'utf8'), 'picture');
  assert.equal(
    objects.map(([, score]: [string, number]) => score),
    [0.5001, 0.5, 0.5, 0.1001, 0.1],
  );
});

test('nothing that a file, label or title is called becomes markup', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, hostile, 2);
  await gallery.add({ ...picture(hostile, [found(hostile, 0.9)]), link: hostile });
  await gallery.fail(hostile, hostile);
  await gallery.finish();
  const page = readFileSync(path, 'utf8');
  assert.is(page.match(/<script/gi)!.length, 4, 'the page’s own, a picture, its preview, a failure');
  assert.is(page.match(/<img|<!--/gi), null);
  const [{ file, objects, link }] = recordsIn(page, 'picture');
  assert.is(file, hostile);
  assert.is(objects[0][0], hostile);
  assert.match(link, /^\.\/[\w%.()!*'~-]+\/[\w%.()!*'~-]+/);
  assert.equal(recordsIn(page, 'failure'), [{ file: hostile, error: hostile }]);
});

test('its policy allows its own script and style by their hashes, and no request', async () => {
  const path = join(newFolder(), 'index.html');
  await (await Gallery.create(path, 't', 0)).finish();
  const page = readFileSync(path, 'utf8');
  const script = page.match(/<script>(.*?)<\/script>/s)![1];
  const style = page.match(/<style>(.*?)<\/style>/s)![1];
  const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  const policy = page.match(/Content-Security-Policy" content="(.*?)"/)![1];
  assert.match(policy, "default-src 'none'");
  assert.match(policy, `script-src '${hash(script)}'`);
  assert.match(policy, `style-src '${hash(style)}'`);
  assert.not.throws(() => new Script(script));
  assert.equal(
    [...page.matchAll(/\w+:\/\/[^\s'"]+/g)].map(([url]) => url),
    ['http://www.w3.org/2000/svg'],
  );
});

test('numbers that are none leave their object out', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 't', 1);
  const nowhere = { category_id: 1, label: 'x', score: 0.5, bbox: [0, 0, Number.POSITIVE_INFINITY, 1] as const };
  await gallery.add(picture('a', [found('dog', Number.NaN), nowhere, found('cat', 0.5)]));
  await gallery.finish();
  const [{ objects }] = recordsIn(readFileSync(path, 'utf8'), 'picture');
  assert.equal(objects, [['cat', 0.5, 10, 20.1, 100, 50]]);
});

test('an older page stays until the new one is whole; meanwhile the partial file is a page too', async () => {
  const folder = newFolder();
  const path = join(folder, 'index.html');
  writeFileSync(path, 'old');
  const gallery = await Gallery.create(path, 't', 5);
  await Promise.all(['a', 'b', 'c'].map((file) => gallery.add(picture(file))));
  assert.is(readFileSync(path, 'utf8'), 'old');
  const partial = readFileSync(join(folder, 'index.partial.html'), 'utf8');
  assert.match(partial, /^<!doctype html>/);
  assert.equal(
    recordsIn(partial, 'picture').map(({ file }) => file),
    ['a', 'b', 'c'],
  );
  await gallery.finish();
  assert.equal(readdirSync(folder), ['index.html']);
  assert.is(recordsIn(readFileSync(path, 'utf8'), 'picture').length, 3);
});

test('a page that is given up leaves nothing behind', async () => {
  const folder = newFolder();
  const gallery = await Gallery.create(join(folder, 'index.html'), 't', 1);
  await gallery.add(picture('a'));
  await gallery.discard();
  assert.equal(readdirSync(folder), []);
});

test('a folder that is not there is an error that names the file', async () => {
  const path = join(newFolder(), 'none', 'index.html');
  try {
    await Gallery.create(path, 't', 1);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ResnetCocoError);
    assert.is((error as ResnetCocoError).code, 'FILE_NOT_WRITABLE');
    assert.match((error as ResnetCocoError).message, /none.index\.html: cannot be written: no such file or directory/);
  }
});

test('previews shrink with their number, so that ten thousand stay below 100 MB', () => {
  let last = previewSide(0);
  assert.is(last, 960);
  for (const pictures of [1, 100, 500, 1000, 10_000, 1e6]) {
    const side = previewSide(pictures);
    assert.ok(side <= last && side >= 96 && side % 16 === 0);
    if (side > 96) assert.ok((pictures * (700 + 0.17 * side ** 2) * 4) / 3 <= 80e6);
    last = side;
  }
});

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** The page's document once its script has drawn so many boxes. */
async function render(path: string, boxes: number): Promise<string> {
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const running = await chromium.launch({ executablePath: browser!, args });
  try {
    const page = await running.newPage({ viewport: { width: 1200, height: 900 } });
    await page.goto(pathToFileURL(path).href);
    await page
      .locator('.box')
      .nth(boxes - 1)
      .waitFor({ state: 'attached' });
    return (await page.content()).replace(/<script.*?<\/script>/gs, '');
  } finally {
    await running.close();
  }
}

(browser ? test : test.skip)('a browser shows the pictures, and hostile names as text', async () => {
  const name = hostile.replace('\ud800', ''); // half a surrogate pair shows well, but does not come back whole
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 'Holiday', 9);
  for (let i = 0; i < 3; i++) await gallery.add(picture(`${i}.jpg`, [found('dog', 0.4 + i / 10), found(name, 0.9)]));
  await gallery.add(picture(name));
  await gallery.fail('c.jpg', 'not an image');
  await gallery.finish();
  const document = await render(path, 6);
  assert.match(document, '<title>Holiday</title>');
  assert.match(document, '4 images, 6 objects');
  assert.is(document.match(/role="listitem"/g)!.length, 4);
  assert.is(document.match(/class="box"/g)!.length, 6);
  assert.match(document, 'dog 60 %');
  assert.match(document, '&lt;/script&gt;&lt;script&gt;');
  assert.match(document, '1 image could not be read');
  assert.match(document, '5 of 9 images done');
});

(browser ? test : test.skip)('where nothing is found, the page says how to find more', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 'Nothing', 1, 0.9);
  await gallery.add(picture('a.jpg'));
  await gallery.finish();
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  const running = await chromium.launch({ executablePath: browser!, args });
  try {
    const page = await running.newPage();
    await page.goto(pathToFileURL(path).href);
    await page.locator('#none').waitFor();
    assert.match(
      (await page.locator('#none').textContent())!,
      'Nothing scores above 90 %: detect again with a lower --score',
    );
  } finally {
    await running.close();
  }
});

(browser ? test : test.skip)(
  'chips in the first row have objects; colors and labels are those of drawn pictures',
  async () => {
    const path = join(newFolder(), 'index.html');
    const gallery = await Gallery.create(path, 'Chips', 1, 0.5);
    const many = Array.from({ length: 5 }, () => found('truck', 0.2, 8));
    await gallery.add({ ...picture('a.jpg', [...many, found('dog', 0.604, 18)]), width: 64, height: 48 });
    await gallery.finish();
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    const running = await chromium.launch({ executablePath: browser!, args });
    try {
      const page = await running.newPage({ viewport: { width: 1200, height: 900 } });
      await page.goto(pathToFileURL(path).href);
      await page.locator('.box').waitFor({ state: 'attached' });
      const chips = () => page.locator('.chip:visible').allInnerTexts();
      assert.equal(
        (await chips()).map((text) => text.replace(/\s+/g, ' ')),
        ['dog 1'],
      );
      assert.is(await page.locator('.object text').textContent(), boxLabel('dog', 0.604));
      const colorOf = (selector: string, property: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}')`);
      const rgb = `rgb(${categoryColor(18).join(', ')})`;
      assert.equal(
        [
          await colorOf('.object .box', 'stroke'),
          await colorOf('.object .tag', 'fill'),
          await colorOf('.dot', 'background-color'),
        ],
        [rgb, rgb, rgb],
      );
      assert.is(await colorOf('.shot image', 'image-rendering'), 'pixelated');
      await page.locator('#more').click();
      assert.is((await chips()).length, 2);
    } finally {
      await running.close();
    }
  },
);

(browser ? test : test.skip)('a browser shows a partial page that was cut in the middle of a record', async () => {
  const folder = newFolder();
  const gallery = await Gallery.create(join(folder, 'index.html'), 'Holiday', 3);
  for (const file of ['a', 'b', 'c']) await gallery.add(picture(file, [found('dog', 0.9)]));
  const page = readFileSync(join(folder, 'index.partial.html'), 'utf8');
  await gallery.discard();
  const cut = join(folder, 'cut.html');
  writeFileSync(cut, page.slice(0, page.lastIndexOf('"objects"') + 20));
  const document = await render(cut, 2);
  assert.match(document, '2 images, 2 objects');
  assert.match(document, '2 of 3 images done');
});

const seen = {
  ...found('person', 0.9),
  mask: {
    rle: { width: 640, height: 480, counts: Uint32Array.of(480 * 20 + 100, 200, 280, 200, 640 * 480 - 480 * 21 - 300) },
  },
  keypoints: [
    [30, 120, 1],
    [60, 160, 1],
    [90, 120, 1],
  ],
  keypoint_names: ['nose', 'left_hip', 'right_hip'],
  keypoint_scores: [2, 1, -1],
  skeleton: [
    [1, 2],
    [1, 3],
  ],
};

test('masks and joints come as paths; what has neither stays short', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 'Shapes', 1);
  await gallery.add(picture('a.jpg', [seen, found('dog', 0.5)]));
  await gallery.finish();
  const [{ objects }] = recordsIn(readFileSync(path, 'utf8'), 'picture');
  assert.is(objects[1].length, 6);
  const { mask, pose } = objects[0][6];
  assert.match(mask, /^M[\d.]+ [\d.]+l[-\d. ]+z$/);
  assert.equal(pose, [
    ['limb left', 'M30 120L60 160'],
    ['limb right faint', 'M30 120L90 120'],
    ['rim', 'M30 120h0M60 160h0'],
    ['rim faint', 'M90 120h0'],
    ['joint', 'M30 120h0'],
    ['joint left', 'M60 160h0'],
    ['joint right faint', 'M90 120h0'],
  ]);
});

test('on a page of very many pictures, only the best objects have masks and joints; the others are counted', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 'Many', 50_000);
  const many = Array.from({ length: 9 }, (_, i) => ({ ...seen, score: 0.9 - i / 20 }));
  await gallery.add(picture('a.jpg', [found('dog', 0.1), ...many, found('dog', 0.99)]));
  await gallery.finish();
  const [{ bare, objects }] = recordsIn(readFileSync(path, 'utf8'), 'picture');
  assert.is(objects.length, 11);
  const drawn = objects.map((object: unknown[]) => object.length === 7);
  const count = drawn.filter(Boolean).length;
  assert.ok(count > 0 && count < 9, `${count}`);
  assert.is(bare, 9 - count);
  assert.equal(drawn, [false, ...many.map((_, i) => i < count), false]);
  const text = JSON.stringify(objects.flatMap((object: unknown[]) => object.slice(6)));
  assert.ok(text.length < 900, `${text.length}`);
});

(browser ? test : test.skip)(
  'boxes, masks and joints can be hidden, on the page and beside a large picture',
  async () => {
    const path = join(newFolder(), 'index.html');
    const gallery = await Gallery.create(path, 'Shapes', 1);
    await gallery.add(picture('a.jpg', [seen]));
    await gallery.finish();
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    const running = await chromium.launch({ executablePath: browser!, args });
    try {
      const page = await running.newPage({ viewport: { width: 1200, height: 900 } });
      await page.goto(pathToFileURL(path).href);
      const parts = { boxes: '.box', masks: '.mask', keypoints: '.pose' };
      const shown = async (root: string) => {
        const all = await Promise.all(
          Object.entries(parts).map(async ([kind, part]) => {
            const display = `getComputedStyle(document.querySelector('${root} ${part}')).display`;
            return (await page.evaluate(display)) === 'none' ? [] : [kind];
          }),
        );
        return all.flat();
      };
      await page.locator('.card .mask').waitFor({ state: 'attached' });
      assert.equal(await shown('.card'), ['boxes', 'masks', 'keypoints']);
      await page.locator('.tools input[name=masks]').uncheck();
      assert.equal(await shown('.card'), ['boxes', 'keypoints']);
      await page.locator('.shot').click();
      assert.is(await page.locator('.side input[name=masks]').isChecked(), false);
      await page.locator('.side input[name=boxes]').uncheck();
      await page.locator('.side input[name=masks]').check();
      assert.equal(await shown('.stage'), ['masks', 'keypoints']);
      assert.is(await page.locator('.tools input[name=boxes]').isChecked(), false);
    } finally {
      await running.close();
    }
  },
);

(browser ? test : test.skip)('where there are only boxes, there is no choice of what is shown', async () => {
  const path = join(newFolder(), 'index.html');
  const gallery = await Gallery.create(path, 'Boxes', 1);
  await gallery.add(picture('a.jpg', [found('dog', 0.5)]));
  await gallery.finish();
  assert.match(await render(path, 1), '<span class="kinds" role="group" aria-label="Show" hidden=""></span>');
});

test.run();
