import * as assert from 'uvu/assert';
import type { RegionSampling, TrainingImage } from '../../../detection/index.ts';
import type { Sample } from '../../../detection/ops/sampler.ts';
import { wave } from '../../waves.ts';

/** Batches as fixtures have them: what torchvision sampled, and what it made of it. */
export interface ImageCase {
  readonly height: number;
  readonly width: number;
  /** Of the wave that its pixels are. */
  readonly phase: number;
  readonly boxes: number[][];
  readonly labels: number[];
  readonly keypoints?: number[][][];
  readonly anchors: { readonly positive: number[]; readonly negative: number[] };
  readonly proposals: { readonly positive: number[]; readonly negative: number[] };
  readonly proposed: string;
}
/** Norm, largest number, product with a wave, and some numbers. */
export type Probe = readonly number[];
export function trainingImage(
  { boxes, height, keypoints, labels, phase, width }: ImageCase,
  index: number,
): TrainingImage {
  const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]; // biome-ignore format: one line
  const data = Float32Array.from(wave(height * width * 3, phase), (value, i) => {
    return (Math.fround(0.5 + 0.5 * value) - mean[i % 3]) / std[i % 3];
  });
  const objects = {
    boxes: Float32Array.from(boxes.flat()),
    labels: Int32Array.from(labels),
    masks: boxes.map((box) => ellipse(box, height, width)),
    ...(keypoints && { keypoints: keypoints.map((joints) => Float32Array.from(joints.flat())) }),
  };
  return { height, width, data, objects, file: `image ${index}` };
}

const sampleOf = ({ negative, positive }: ImageCase['anchors']): Sample => ({
  positive: Int32Array.from(positive),
  negative: Int32Array.from(negative),
});
export const proposedIn = (image: ImageCase) =>
  new Float32Array(new Uint8Array(Buffer.from(image.proposed, 'base64')).buffer);

/** What torchvision chose, whose labels are checked against ours. */
export const chosen = (images: readonly ImageCase[]): RegionSampling => ({
  anchors: (labels, image) => checkedSample(labels, images[image].anchors),
  proposals: (labels, image) => checkedSample(labels, images[image].proposals),
  propose: () => images.map(proposedIn),
});
function checkedSample(labels: Int32Array, recorded: ImageCase['anchors']): Sample {
  assert.ok(recorded.positive.every((row) => labels[row] > 0) && recorded.negative.every((row) => labels[row] === 0));
  return sampleOf(recorded);
}

export const close = (actual: number, expected: number, tolerance: number, scale = Math.abs(expected)) =>
  Math.abs(actual - expected) <= tolerance * scale;

export function assertProbe(
  name: string,
  data: Float32Array,
  [norm, largest, product, ...numbers]: Probe,
  phase: number,
): void {
  const length = Math.hypot(...[data.reduce((sum, value) => sum + value * value, 0)].map(Math.sqrt));
  assert.ok(close(length, norm, 1e-3, Math.max(norm, 1e-12)), `${name}: norm ${length}, not ${norm}`);
  const waves = wave(data.length, phase);
  const ours = data.reduce((sum, value, i) => sum + value * waves[i], 0);
  assert.ok(close(ours, product, 1e-3, Math.max(norm, 1e-12)), `${name}: product ${ours}, not ${product}`);
  for (const [i, expected] of numbers.entries()) {
    const at = Math.floor((i * (data.length - 1)) / (numbers.length - 1));
    assert.ok(
      close(data[at], expected, 1e-3, Math.max(largest, 1e-12)),
      `${name}[${at}]: ${data[at]}, not ${expected}`,
    );
  }
}

/** An object that fills its box as `fixtures/rcnn_relatives.py` has it. */
function ellipse([x1, y1, x2, y2]: readonly number[], height: number, width: number) {
  const inside = (at: number, from: number, to: number) => ((at + 0.5 - (from + to) / 2) / ((to - from) / 2)) ** 2;
  const data = Uint8Array.from({ length: height * width }, (_, i) =>
    Number(inside(i % width, x1, x2) + inside(Math.floor(i / width), y1, y2) <= 1),
  );
  return { data, left: 0, top: 0, height, width };
}
