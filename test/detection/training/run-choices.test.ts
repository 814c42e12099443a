import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DetectorStart, detectorSettings } from '../../../detection/index.ts';
import { paintedImages } from './painted-images.ts';

const root = mkdtempSync(join(tmpdir(), 'run-choices-'));
test.after(() => rmSync(root, { recursive: true }));
const images = await paintedImages(root, 9, 1);

test('from a detector a run is shorter, and takes over its sizes; from a backbone it is the reference training', () => {
  const { model } = detectorSettings(images, { backbone: 'resnet18', minSize: [320], maxSize: 533 });
  const detector: DetectorStart = { model: { ...model, num_classes: 91 } };
  const backbone: DetectorStart = { model: { backbone: 'resnet18' } };
  const tuned = detectorSettings(images, {}, detector);
  assert.equal(
    [tuned.epochs, tuned.schedule, tuned.recipe.min_size, tuned.recipe.max_size],
    [12, { kind: 'steps', rate: 0.0025, warmup: 0, warmup_steps: 3, milestones: [8, 11] }, [320], 533],
  );
  for (const start of [undefined, backbone]) {
    const { epochs, recipe, schedule } = detectorSettings(images, {}, start);
    assert.equal(
      [epochs, schedule, recipe.min_size],
      [26, { kind: 'steps', rate: 0.0025, warmup: 0, warmup_steps: 3, milestones: [16, 22] }, [800]],
    );
  }
  const { epochs, schedule } = detectorSettings(images, { epochs: 6 }, detector);
  assert.equal([epochs, schedule.kind === 'steps' && schedule.milestones], [6, [4, 6]]);
});

test.run();
