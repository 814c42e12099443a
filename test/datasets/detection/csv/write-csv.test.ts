import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeCsv } from '../../../../datasets/detection/csv/write-csv.ts';
import { Scratch } from '../scratch.ts';

const scratch = new Scratch();
test.after(() => scratch.remove());

test('names that a spreadsheet would run are marked as texts, and numbers are unchanged', async () => {
  const path = scratch.path('detections.csv');
  await writeCsv(path, {
    images: [{ id: 1, file_name: 'a,b.jpg', width: 20, height: 10 }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [-1.5, 2, 3, 4], area: 12, iscrowd: 0 }],
    categories: [{ id: 1, name: '=1+1' }],
  });
  const [, row] = readFileSync(path, 'utf8').split('\r\n');
  assert.is(row, `"a,b.jpg",20,10,'=1+1,,-1.5,2,3,4`);
});

test.run();
