import { existsSync, readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { embeddedModels } from '../../checkpoints/embedded-models.ts';
import { loadClassifier, loadDetector, modelInfo } from '../../index.ts';
import { readLog } from '../../training/index.ts';

const test = suite('embedded models');
const models = [...embeddedModels()];
const beside = (path: string, extension: string) => path.replace(/\.safetensors$/, extension);

test('there are some, and the package stays small', () => {
  assert.is(models[0][0], 'coco-mini-resnet18-fpn', 'for everyday photographs');
  assert.ok(models.some(([name]) => name === 'cifar10-resnet20'));
  const bytes = models.reduce((total, [, path]) => total + statSync(path).size, 0);
  assert.ok(bytes < 55e6);
});

for (const [name, path] of models) {
  test(`${name}: loads by its name and answers`, async () => {
    const info = await modelInfo(name);
    assert.ok('selfDescribing' in info && info.selfDescribing);
    const image = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(120) };
    if (info.task === 'classification') {
      const classifier = await loadClassifier(name);
      const predictions = await classifier.classify(image, { top: 1000 });
      const total = predictions.reduce((sum, { probability }) => sum + probability, 0);
      assert.ok(Math.abs(total - 1) < 1e-4);
      await classifier.dispose();
    } else {
      const detector = await loadDetector(name);
      assert.ok(Array.isArray(await detector.detect(image, { score: 0 })));
      await detector.dispose();
    }
  });

  test(`${name}: its card says what its log does`, () => {
    const card = readFileSync(beside(path, '.md'), 'utf8');
    assert.match(card, /## Data/);
    assert.match(card, /resnet-coco train (backbone|detector)/);
    assert.ok(existsSync(beside(path, '.jsonl')));
    const evaluations = readLog(beside(path, '.jsonl')).filter(({ split }) => split === 'val');
    const best = Math.max(...evaluations.map(({ values }) => values.top1 ?? values.AP));
    assert.ok(card.includes(`${(100 * best).toFixed(2)} %`), `${best}`);
  });
}

test('CIFAR-10: as good as the paper', () => {
  const [, path] = models.find(([name]) => name === 'cifar10-resnet20')!;
  const tops = readLog(beside(path, '.jsonl')).flatMap(({ split, values }) => (split === 'val' && values.top1) || []);
  assert.ok(Math.max(...tops) >= 0.91);
});

test.run();
