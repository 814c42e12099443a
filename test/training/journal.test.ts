import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Journal } from '../../training/journal.ts';

const root = mkdtempSync(join(tmpdir(), 'journal-'));
test.after(() => rmSync(root, { recursive: true }));

test('event files have one value of a name at a step', () => {
  const journal = Journal.open(root);
  const write = (split: 'train' | 'val', step: number, values: Record<string, number>) =>
    journal.write({ split, step, epoch: 1, values });
  write('train', 50, { loss: 2, seconds: 1 });
  write('train', 100, { loss: 1, seconds: 2 });
  write('train', 100, { epoch_loss: 1.5, seconds: 3 });
  write('val', 100, { top1: 0.5, seconds: 4 });
  journal.close();
  const [name] = readdirSync(root).filter((file) => file.startsWith('events'));
  const events = readFileSync(join(root, name), 'latin1');
  const count = (tag: string) => events.split(tag).length - 1;
  assert.is(count('train/seconds'), 2);
  assert.is(count('val/seconds'), 1);
  assert.is(count('train/epoch_loss'), 1);
  assert.ok(journal.has(100, 'epoch_loss'));
  assert.not(journal.has(50, 'epoch_loss'));
});

test.run();
