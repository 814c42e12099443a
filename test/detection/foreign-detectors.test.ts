import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel, type StoredTensor, writeSafetensors } from '../../checkpoints/index.ts';
import { Detector } from '../../detection/detector.ts';
import { parseDetectorConfig } from '../../detection/index.ts';
import { detectorConfigOf, readDetectorWeights } from '../../detection/load-detector.ts';
import { createEngine } from '../../engine/index.ts';
import { mask } from '../../eval/index.ts';
import { fixturesDir } from '../shared-data.ts';
import { PERIOD, wave } from '../waves.ts';

interface Case {
  readonly case: {
    readonly framework: string;
    readonly kind: string;
    readonly depth?: number;
    readonly groups?: number;
    readonly width?: number;
    readonly bgr: boolean;
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly agnostic?: boolean;
  };
  readonly tensors: readonly Wave[];
  readonly images: readonly {
    readonly height: number;
    readonly width: number;
    readonly boxes: readonly (readonly [number, number, number, number])[];
    readonly labels: readonly number[];
    readonly scores: readonly number[];
    readonly masks?: readonly string[];
    readonly keypoints?: readonly (readonly (readonly [number, number])[])[];
    readonly keypoint_scores?: readonly (readonly number[])[];
  }[];
}

/** A tensor of `fixtures/foreign_detectors.py`. */
interface Wave {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly offset: number;
}

const cases: readonly Case[] = JSON.parse(
  gunzipSync(readFileSync(join(fixturesDir, 'foreign_detectors.json.gz'))).toString(),
);
const test = suite('detectors of other frameworks');
const folder = mkdtempSync(join(tmpdir(), 'foreign-detectors-'));
test.after(() => rmSync(folder, { recursive: true }));

const storedWave = ({ offset, scale, shape }: Wave, phase: number): StoredTensor => ({
  dtype: 'F32',
  shape,
  bytes: () => {
    const count = shape.reduce((product, size) => product * size, 1);
    const period = Float32Array.from(wave(Math.min(count, PERIOD), phase), (value) => offset + scale * value);
    const values = new Float32Array(count);
    for (let at = 0; at < count; at += PERIOD) values.set(period.subarray(0, count - at), at);
    return new Uint8Array(values.buffer);
  },
});

function near(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  assert.is(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${what} ${i}: ${actual[i]}, not ${value}`);
  });
}

const triple = (values: readonly number[]): StoredTensor => ({
  dtype: 'F32',
  shape: [3, 1, 1],
  bytes: () => new Uint8Array(Float32Array.from(values).buffer),
});

/** The reference's settings, which are smaller than the frameworks' own. */
const TEST = { min_size: 96, max_size: 160 };
const TWO_STAGES = {
  ...TEST,
  ...{ rpn_pre_nms_top_n_test: 60, rpn_post_nms_top_n_test: 40, box_score_thresh: 0.1, box_detections_per_img: 12 },
};
const ONE_STAGE = { ...TEST, topk_candidates: 60, score_thresh: 0.1, detections_per_img: 12 };

for (const [i, { case: made, images, tensors }] of cases.entries()) {
  const { agnostic, depth = 18, framework, groups, kind, width } = made;
  const network = groups ? `ResNeXt-${depth} ${groups}×${width}d` : `ResNet-${depth}`;
  test(`${framework}'s ${kind}, ${network}${agnostic ? ', boxes of no class' : ''}, equals torch`, async () => {
    const file = join(folder, `${i}.safetensors`);
    const stored = new Map(tensors.map((tensor, phase) => [tensor.name, storedWave(tensor, phase)]));
    // As version 3 of MMDetection stores them, where they are not those of torchvision's backbones.
    if (framework === 'mmdetection' && made.bgr) {
      stored.set('data_preprocessor.mean', triple(made.mean));
      stored.set('data_preprocessor.std', triple(made.std));
    }
    await writeSafetensors(file, stored, {});
    const model = await openModel(file);
    const inferred = detectorConfigOf(model);
    const settings = kind === 'retinanet' ? ONE_STAGE : TWO_STAGES;
    const config = parseDetectorConfig({ ...inferred, ...settings }, 'test');
    const weights = readDetectorWeights(model, config);
    model.checkpoint.close();
    rmSync(file);
    const detector = await Detector.compile(await createEngine('onnx', { threads: 1 }), config, weights);
    try {
      for (const { boxes, height, keypoint_scores, keypoints, labels, masks, scores, width: wide } of images) {
        const data = Uint8Array.from(wave(height * wide * 3, height), (value) =>
          roundHalfEven((0.5 + 0.5 * value) * 255),
        );
        const found = await detector.detect({ width: wide, height, data }, { score: 0.1 });
        const which = `${height} × ${wide}`;
        assert.equal(
          found.map(({ category_id }) => category_id),
          labels,
          which,
        );
        near(
          found.map(({ score }) => score),
          scores,
          5e-4,
          `${which}: score`,
        );
        near(
          found.flatMap(({ bbox: [x, y, w, h] }) => [x, y, x + w, y + h]),
          boxes.flat(),
          0.05,
          `${which}: side`,
        );
        masks?.forEach((counts, object) => {
          const expected = { size: [height, wide] as [number, number], counts };
          const ours = { size: [height, wide] as [number, number], counts: found[object].mask!.counts };
          const [[iou]] = mask.iou([ours], [expected], [0]);
          const different = Math.abs(mask.area(ours) - mask.area(expected));
          assert.ok(iou > 0.98 || different <= 5, `${which}: mask ${object}: IoU ${iou}`);
        });
        keypoints?.forEach((joints, object) => {
          const at = found[object].keypoints!.flatMap((joint) => joint.slice(0, 2));
          near(at, joints.flat(), 0.05, `${which}: joint of object ${object}`);
          near(found[object].keypoint_scores!, keypoint_scores![object], 1e-3, `${which}: joint's score`);
        });
      }
    } finally {
      await detector.dispose();
    }
  });
}

/** numpy's rounding. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

test.run();
