import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ModelCard, writeModelCard } from '../../training/index.ts';
import { modelCard, sparkline } from '../../training/model-card.ts';
import { rejects } from '../rejects.ts';

const test = suite('model card');
const root = mkdtempSync(join(tmpdir(), 'card-'));
test.after(() => rmSync(root, { recursive: true }));

const card: ModelCard = {
  name: 'resnet20-cifar10',
  summary: 'Tells ten kinds of things apart.',
  architecture: 'resnet20',
  parameters: 269722,
  license: 'MIT',
  data: { name: 'CIFAR-10', license: 'unknown', trainImages: 50000, evaluationImages: 10000 },
  results: [{ metric: 'top-1', value: '91.74 %' }],
  recipe: { learning_rate: 0.1, milestones: [32000, 48000], optimizer: 'sgd', nesterov: false },
  command: 'resnet-coco train backbone cifar10:data --seed 1',
  seed: 1,
  curve: { metric: 'top-1', values: [0.1, 0.5, 0.9] },
  seconds: 3420,
  machine: '2 cores',
};

test('says everything that is known', async () => {
  const file = join(root, 'card.md');
  await writeModelCard(file, card);
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const line of [
    '# resnet20-cifar10',
    '| parameters | 269,722 |',
    '| top-1 | 91.74 % |',
    '| training images | 50,000 |',
    '| learning rate | 0.1 |',
    '| milestones | 32000, 48000 |',
    '| nesterov | no |',
    '| seed | 1 |',
    '| time | 57 min |',
    'resnet-coco train backbone cifar10:data --seed 1',
    'top-1 over the run, from 0.1 to 0.9:',
    '▁▅█',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  await rejects(writeModelCard(join(root, 'no', 'card.md'), card), 'FILE_NOT_WRITABLE', /no\/card\.md/);
});

test('no text becomes markup', () => {
  const hostile = 'a | b\n\n# c <script> `d` [e](f)';
  const markdown = modelCard({ ...card, name: hostile, machine: hostile, command: 'x\n```\n# not a heading' });
  const escaped = 'a \\| b \\# c \\<script\\> \\`d\\` \\[e\\](f)';
  assert.ok(markdown.includes(`# ${escaped}\n`));
  assert.ok(markdown.includes(`| machine | ${escaped} |`));
  assert.ok(markdown.includes('````\nx\n```\n# not a heading\n````'));
});

test('a run that was never evaluated has no curve', () => {
  assert.not.match(modelCard({ ...card, curve: { metric: 'top-1', values: [Number.NaN] } }), 'over the run');
});

test('sparklines: from the lowest block to the highest, never too long', () => {
  assert.is(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█');
  assert.is(sparkline([3, 3]), '▁▁');
  assert.is(sparkline([5]), '▁');
  const long = sparkline(Array.from({ length: 1001 }, (_, i) => i));
  assert.is(long.length, 60);
  assert.is(long, [...long].sort().join(''));
});

test.run();
