import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CocoDataset, categoryColor, readImage } from '../../../datasets/index.ts';
import { fasterRcnnShapes } from '../../../detection/index.ts';
import { parseFasterRcnnConfig } from '../../../detection/model/faster-rcnn/faster-rcnn-config.ts';
import { DetectorEvaluation } from '../../../detection/training/evaluation.ts';
import { createEngine } from '../../../engine/index.ts';
import { wavePicture } from '../../server/small-models.ts';
import { fixturesDir } from '../../shared-data.ts';
import { waveWeights } from '../../waves.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
test.after(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

const cases: { kind: string; config: object }[] = JSON.parse(
  readFileSync(join(fixturesDir, 'rcnn_relatives.json'), 'utf8'),
);
const [WIDTH, HEIGHT] = [320, 240];
const dataset: CocoDataset = {
  images: [{ id: 1, file_name: 'a.png', width: WIDTH, height: HEIGHT }],
  categories: [
    {
      ...{ id: 7, name: 'class 3' },
      keypoints: ['nose', 'left_eye', 'right_eye', 'tail'],
      skeleton: [
        [1, 2],
        [1, 3],
      ],
    },
  ],
  annotations: [
    {
      ...{ id: 1, image_id: 1, category_id: 7, bbox: [200, 100, 80, 100], area: 4000, iscrowd: 0 },
      segmentation: [[200, 100, 280, 100, 240, 200]],
      keypoints: [220, 110, 2, 260, 110, 1, 0, 0, 0, 240, 190, 2],
      num_keypoints: 3,
    },
    {
      ...{ id: 2, image_id: 1, category_id: 7, bbox: [10, 10, 40, 40], area: 1600, iscrowd: 0 },
      segmentation: { size: [9, 9], counts: [81] },
    },
  ],
};

for (const kind of ['mask', 'keypoint'] as const) {
  test(`samples of a detector with a ${kind} head: what it found and the ground truth of that kind`, async () => {
    const file = join(folder, `${kind}.png`);
    const samples = join(folder, kind, 'samples');
    mkdirSync(join(folder, kind));
    writeFileSync(file, await wavePicture(WIDTH, HEIGHT, 3, 'png'));
    const config = parseFasterRcnnConfig(cases.find((one) => one.kind === kind)!.config, 'fixture');
    const evaluation = new DetectorEvaluation({
      engine: await createEngine('onnx', { threads: 1 }),
      config,
      validation: { dataset, files: new Map([[1, file]]) },
      samples,
    });
    await evaluation.run(waveWeights(fasterRcnnShapes(config)), 1);
    const [image] = JSON.parse(readFileSync(join(samples, 'epoch-0001', 'boxes.json'), 'utf8')).images;
    const given = kind === 'mask' ? 'segmentation' : 'keypoints';
    const other = kind === 'mask' ? 'keypoints' : 'segmentation';
    assert.ok(image.detections.length > 0);
    for (const detection of image.detections) {
      assert.ok(given in detection && !(other in detection) && !('mask' in detection));
      if (kind === 'mask') assert.equal(detection.segmentation.size, [HEIGHT, WIDTH]);
      else assert.equal([detection.keypoints.length, detection.keypoint_scores.length], [12, 4]);
    }
    // A mask of another size is none to draw.
    const [whole, bare] = image.objects;
    assert.ok(given in whole && !(other in whole) && !(given in bare));
    if (kind === 'keypoint') {
      assert.equal(whole.keypoints, dataset.annotations[0].keypoints);
      assert.equal(whole.skeleton, dataset.categories[0].skeleton);
    }
    // Skeletons of the ground truth are drawn last; outlines of masks are seen where no box is over them.
    const picture = await readImage(join(samples, 'epoch-0001', `1-${kind}.png`));
    const color = categoryColor(3).join();
    const isOwn = (x: number, y: number) =>
      [...picture.data.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3)].join() === color;
    assert.equal([picture.width, picture.height], [WIDTH, HEIGHT]);
    if (kind === 'keypoint') assert.ok(isOwn(220, 110));
    else {
      const seen = Array.from({ length: 98 }, (_, row) => row + 101).filter((y) => {
        const left = Math.round(200 + (y - 100) * 0.4);
        return [left - 1, left, left + 1].some((x) => isOwn(x, y));
      });
      assert.ok(seen.length > 40, `${seen.length}`);
    }
  });
}

test.run();
