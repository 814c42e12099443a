import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { categoryPaint, encodeImage } from '../../../datasets/index.ts';
import { rleToString } from '../../../datasets/masks/rle-string.ts';
import {
  type LogEntry,
  RunLog,
  readLog,
  type TrainingEntry,
  type TrainingReport,
  type TrainingRun,
  writeTrainingPage,
} from '../../../training/index.ts';
import { rejects } from '../../rejects.ts';

const test = suite('training report');
const root = mkdtempSync(join(tmpdir(), 'training-'));
test.after(() => rmSync(root, { recursive: true }));

const hostile = '</script><script>document.title="broken"</script><!--<img src=x onerror=alert(1)> "\'&';

/** A hundred steps an epoch, logged each tenth, evaluated at the end of each. */
function run(name: string, epochs: number, best: number, settings: TrainingRun['settings'] = {}): TrainingRun {
  const log: TrainingEntry[] = [];
  for (let step = 10; step <= 100 * epochs; step += 10) {
    const place = { step, epoch: step / 100 };
    const values = { loss: 200 / step, top1: 0.5, learning_rate: 0.1, images_per_second: 100, seconds: step };
    log.push({ split: 'train', ...place, values });
    const top1 = step === 200 ? best : 0.25;
    if (step % 100 === 0) log.push({ split: 'val', ...place, values: { loss: 1.5, top1, top5: 0.9 } });
  }
  return { name, log, settings };
}

async function pageOf(runs: readonly TrainingRun[], parts: Partial<TrainingReport> = {}): Promise<string> {
  const file = join(root, 'training.html');
  await writeTrainingPage(file, { title: 'resnet20', subtitle: 'cifar10', runs, ...parts });
  return readFileSync(file, 'utf8');
}

const titles = (page: string): string[] => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);

const withoutScripts = (page: string): string => page.replace(/<script>.*?<\/script>/gs, '');

/** The markup of the section of that title. */
const sectionOf = (page: string, title: string): string =>
  page.split('<section>').find((part) => part.startsWith(`<h2>${title}</h2>`))!;

const lines = (markup: string): string[] => [...markup.matchAll(/polyline class="(.*?)"/g)].map(([, kinds]) => kinds);
const legend = (markup: string): string[] => [...markup.matchAll(/<\/svg>([^<]+)<\/li>/g)].map(([, label]) => label);

test('the average precision of each category has a row of its own, not a chart', async () => {
  const at = (epoch: number, values: TrainingEntry['values']): TrainingEntry => ({
    split: 'val',
    step: 100 * epoch,
    epoch,
    values,
  });
  const log = [
    at(1, { AP: 0.2, 'AP/cat': 0.1, 'AP/<b>dog': 0.3 }),
    at(2, { AP: 0.4, 'AP/cat': 0.5, 'AP/<b>dog': 0.35 }),
    at(3, { AP: 0.3, 'AP/cat': 0.4 }),
  ];
  const page = await pageOf([{ name: 'r', log, settings: {} }]);
  assert.equal(titles(page), ['Average precision', 'Average precision of each category', 'Evaluations']);
  const table = sectionOf(page, 'Average precision of each category');
  const rows = [...table.matchAll(/<tr><td.*?<\/tr>/gs)].map(([row]) =>
    row
      .replace(/<[^>]*>/g, ' ')
      .split(/ +/)
      .join(' ')
      .trim(),
  );
  assert.equal(rows, ['cat 10.0 % 50.0 % 2 40.0 %', '&#60;b&#62;dog 30.0 % 35.0 % 2 35.0 %']);
  assert.is(table.match(/<polyline/g)!.length, 2);
  assert.not.match(sectionOf(page, 'Evaluations'), /cat|dog/);
});

test('one run: its best, its curves, its evaluations, its settings', async () => {
  const page = await pageOf([run('r', 4, 0.875, { batch: 128, optimizer: { momentum: 0.9 }, milestones: [1, 2] })]);
  assert.match(page, /Best top-1<\/dt><dd>87\.5 %<\/dd><dd class="soft">after 2 epochs/);
  assert.match(page, /Last top-1<\/dt><dd>25\.0 %/);
  assert.match(page, /Steps<\/dt><dd>400<\/dd><dd class="soft">4 epochs/);
  assert.match(page, /Time<\/dt><dd>7 min/);
  assert.equal(titles(page), ['Loss', 'Accuracy', 'Learning rate', 'Speed', 'Evaluations', 'Settings']);
  assert.equal(legend(sectionOf(page, 'Loss')), ['train', 'val']);
  assert.equal(legend(sectionOf(page, 'Accuracy')), ['top-1, train', 'top-1, val', 'top-5, val']);
  assert.equal(lines(sectionOf(page, 'Accuracy')), ['line series-0 dashed', 'line series-0', 'line series-1']);
  assert.is(sectionOf(page, 'Evaluations').match(/<tr><td/g)!.length, 4);
  const settings = sectionOf(page, 'Settings');
  assert.match(settings, 'scope="rowgroup">Optimization</th></tr>\n<tr><td><bdi>momentum</bdi></td><td><bdi>0.9</bdi>');
  assert.match(settings, '<bdi>milestones</bdi></td><td><bdi>1, 2</bdi>');
  assert.not.match(settings.split('</section>')[0], /[{[\]}]|_/);
});

test('many noisy points are drawn as they are and smoothed, with one name in the legend', async () => {
  const loss = sectionOf(await pageOf([run('r', 10, 0.9)]), 'Loss');
  assert.equal(lines(loss), ['line series-0 faint', 'line series-0', 'line series-1']);
  assert.equal(legend(loss), ['train', 'val']);
});

test('several runs: a color each, training dashed, error instead of accuracy, and where settings differ', async () => {
  const runs = [run('plain-20', 3, 0.5, { depth: 20, batch: 128 }), run('plain-56', 3, 0.4, { depth: 56, batch: 128 })];
  const page = await pageOf(runs);
  assert.equal(titles(page), ['Runs', 'Loss', 'Top-1 error', 'Learning rate', 'Speed', 'Settings']);
  const error = sectionOf(page, 'Top-1 error');
  assert.equal(legend(error), ['plain-20, train', 'plain-20, val', 'plain-56, train', 'plain-56, val']);
  const colors = ['line series-0 dashed', 'line series-0', 'line series-1 dashed', 'line series-1'];
  assert.equal(lines(error), colors);
  assert.match(sectionOf(page, 'Runs'), /plain-56<\/bdi>.*40\.0 %.*25\.0 %.*50\.0 %/);
  assert.match(page, /<tr class="differs"><td><bdi>depth/);
  assert.match(page, /<tr><td><bdi>batch/);
});

test('a detector: AP, its parts, and whatever else it logged', async () => {
  const log: TrainingEntry[] = [1, 2, 3].flatMap((epoch): TrainingEntry[] => [
    {
      split: 'train',
      step: epoch,
      epoch,
      values: { loss: 1, loss_box_reg: 0.5, loss_classifier: 0.5, gradient_norm: 2 },
    },
    { split: 'val', step: epoch, epoch, values: { AP: epoch / 10, AP50: 0.5, AP75: 0.2, APs: 0.1, AR1: 0.3 } },
  ]);
  const page = await pageOf([{ name: 'd', log, settings: {} }]);
  assert.match(page, /Best AP<\/dt><dd>30\.0 %/);
  assert.equal(titles(page), [
    'Loss',
    'Average precision',
    'Average precision by size',
    'Average recall',
    'Parts of the loss',
    'Gradient norm',
    'Evaluations',
  ]);
});

test('over steps while there are hardly any epochs', async () => {
  assert.match(await pageOf([run('r', 1, 0)]), 'data-name="step" data-x="54 416 0 100"');
  assert.match(await pageOf([run('r', 2, 0)]), 'data-name="epoch" data-x="54 416 0 2"');
});

test('a loss that is no number is told, and leaves a gap', async () => {
  const { log, ...rest } = run('r', 3, 0.5);
  const broken = log.map((entry) =>
    entry.split === 'train' && entry.step >= 290 ? { ...entry, values: { ...entry.values, loss: Number.NaN } } : entry,
  );
  const page = await pageOf([{ ...rest, log: broken }]);
  assert.match(page, 'was not a finite number at step 290, and in 1 of the lines after');
  assert.not.match(withoutScripts(page), /NaN|Infinity|undefined/);
});

test('a run that has just begun, and none', async () => {
  assert.equal(titles(await pageOf([{ name: 'r', log: [], settings: {} }])), []);
  assert.equal(titles(await pageOf([])), ['Runs']);
  const first = run('r', 3, 0.5);
  const page = await pageOf([{ ...first, log: first.log.slice(0, 1) }, first]);
  assert.not.match(withoutScripts(page), /NaN|Infinity|undefined/);
});

test('the log that a run wrote is what the page reads', async () => {
  const file = join(root, 'log.jsonl');
  const log = RunLog.open(file);
  const entries: readonly LogEntry[] = run('r', 3, 0.75).log;
  for (const entry of entries) log.append(entry);
  log.close();
  assert.match(await pageOf([{ name: 'r', log: readLog(file), settings: {} }]), '75.0 %');
});

test('nothing that a run or a setting is called becomes markup, and the policy allows no more than its own', async () => {
  const page = await pageOf([run(hostile, 3, 0.5, { [hostile]: hostile }), run('b', 3, 0.5)], {
    title: hostile,
    subtitle: hostile,
  });
  assert.is(page.match(/<script/gi)!.length, 2);
  assert.is(page.match(/<img|<!--/gi), null);
  const policy = page.match(/Content-Security-Policy" content="(.*?)"/)![1];
  const hashes = (pattern: RegExp) =>
    [...page.matchAll(pattern)].map(([, text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  assert.match(policy, "default-src 'none'");
  assert.match(policy, `script-src ${hashes(/<script>(.*?)<\/script>/gs).join(' ')};`);
  for (const [, script] of page.matchAll(/<script>(.*?)<\/script>/gs)) assert.not.throws(() => new Script(script));
  assert.is(page.match(/ style=/), null);
});

const sampleFile = join(root, 'samples', 'street.png');
const box = (label: string, category_id: number, x: number, score?: number) => ({
  ...{ label, category_id, bbox: [x, 20, 60, 50] as const },
  ...(score === undefined ? {} : { score }),
});

test('detections and ground truth in sample images: as many as the caption says, each image in the page once', async () => {
  mkdirSync(join(root, 'samples'), { recursive: true });
  const data = new Uint8Array(200 * 100 * 3).fill(90);
  writeFileSync(sampleFile, await encodeImage({ width: 200, height: 100, data }, 'png'));
  const image = (detections: readonly ReturnType<typeof box>[]) => {
    const objects = [box('raccoon', 3, 10), box('raccoon', 3, 120)];
    return { file: sampleFile, name: 'street <1>.png', width: 200, height: 100, objects, detections };
  };
  const found = [box('raccoon', 3, 12, 0.871), box('fox', 7, 100, 0.5)];
  const samples = [
    { title: 'Epoch 2', score: 0.437, isBest: true, images: [image(found)] },
    { title: 'Epoch 1', score: 0.5, isBest: false, images: [image([])] },
  ];
  const page = await pageOf([run('r', 2, 0.5)], { samples });
  const section = sectionOf(page, 'Detections');
  assert.match(section, '2 detections of a score above 43.7 %, above which F1 is highest on all images; 2 objects.');
  assert.match(section, '0 detections of a score above 50.0 %, because no detection on any image is right; 2 objects.');
  assert.is(section.match(/data:image/g)!.length, 1);
  const [newest, first] = section.split('<details').slice(1);
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
  assert.equal(
    [newest, first].map((text) => count(text, /<g class="detection">/g)),
    [2, 0],
  );
  assert.equal(
    [newest, first].map((text) => count(text, /<g class="truth"><rect class="box dashed"/g)),
    [2, 2],
  );
  assert.match(
    newest,
    'aria-label="street &#60;1&#62;.png. Detections: raccoon 87 %, fox 50 %. Ground truth: raccoon, raccoon."',
  );
  // The colors of drawn pictures.
  const [fill] = categoryPaint(3);
  assert.ok(newest.includes(`<g class="truth"><rect class="box dashed" stroke="${fill}"`));
  assert.ok(newest.includes(`<g class="detection"><rect class="box" stroke="${fill}"`));
  // Of a picture of 4000 pixels the text is 20 times as large as of this one, and so looks the same.
  const sizes = (text: string) => [...text.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size));
  const scaled = { ...image(found), width: 4000, height: 2000 };
  const large = await pageOf([run('r', 2, 0.5)], { samples: [{ ...samples[0], images: [scaled] }] });
  const [small, big] = [newest, sectionOf(large, 'Detections')].map(sizes);
  assert.ok(Math.abs(big[0] / small[0] - 20) < 0.1, `${big[0]} of ${small[0]}`);
});

test('masks and joints of samples: translucent where found, dashed outlines of the ground truth', async () => {
  const columns = { height: 100, width: 200, counts: Uint32Array.of(2000, 1000, 17000) };
  const shapes = {
    segmentation: { size: [100, 200] as const, counts: rleToString(columns) },
    keypoints: [20, 30, 1, 50, 60, 1, 0, 0, 0],
    skeleton: [
      [1, 2],
      [1, 3],
    ],
  };
  const image = {
    ...{ file: sampleFile, name: 'a.png', width: 200, height: 100 },
    objects: [{ ...box('raccoon', 3, 10), ...shapes }],
    detections: [{ ...box('raccoon', 3, 12, 0.9), ...shapes, keypoint_scores: [2, -1, 0] }],
  };
  const samples = [{ title: 'Epoch 1', score: 0.5, isBest: true, images: [image] }];
  const section = sectionOf(await pageOf([run('r', 2, 0.5)], { samples }), 'Detections');
  const [fill] = categoryPaint(3);
  assert.equal(
    [...section.matchAll(/<g class="([^"]*)" color="([^"]*)"><path class="mask" d="M[^"]*z"/g)].map(
      ([, ...parts]) => parts,
    ),
    [
      ['truth outlined', fill],
      ['detection', fill],
    ],
  );
  assert.equal(
    [...section.matchAll(/<path class="((?:limb|joint|rim)[^"]*)" d="([^"]*)"/g)].map(([, ...parts]) => parts),
    [
      ['limb', 'M20 30L50 60'],
      ['rim hidden', 'M20 30h0M50 60h0'],
      ['joint', 'M20 30h0M50 60h0'],
      ['limb faint', 'M20 30L50 60'],
      ['rim', 'M20 30h0'],
      ['rim faint', 'M50 60h0'],
      ['joint', 'M20 30h0'],
      ['joint faint', 'M50 60h0'],
    ],
  );
});

test('a sample whose image is gone says so', async () => {
  const gone = { file: join(root, 'gone.png'), name: 'gone.png', width: 9, height: 9, objects: [], detections: [] };
  const page = await pageOf([run('r', 2, 0.5)], {
    samples: [{ title: 'E', score: 0.5, isBest: true, images: [gone] }],
  });
  assert.match(sectionOf(page, 'Detections'), /class="absent"><bdi>.*gone\.png: no such file/);
});

test('it is written whole', async () => {
  await pageOf([run('r', 3, 0.5)]);
  assert.ok(readdirSync(root).every((name) => !name.endsWith('.partial')));
  const parts = { title: 't', subtitle: 's', runs: [] };
  await rejects(writeTrainingPage(join(root, 'no', 'a.html'), parts), 'FILE_NOT_WRITABLE', /no\/a\.html/);
});

test.run();
