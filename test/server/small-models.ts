import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../checkpoints/index.ts';
import { encodeImage } from '../../datasets/index.ts';
import { fixturesDir } from '../shared-data.ts';
import { waveDetector } from '../wave-models.ts';
import { wave } from '../waves.ts';

/** Writes a detector that is small enough for tests. */
export async function writeSmallDetector(file: string): Promise<void> {
  const [{ config }] = JSON.parse(readFileSync(join(fixturesDir, 'faster_rcnn.json'), 'utf8'));
  await writeDetector(file, config);
}

/** Writes a small detector with a mask head and a keypoint head. */
export async function writeSmallMaskAndKeypointDetector(file: string): Promise<void> {
  const cases: { kind: string; config: { categories: object[] } }[] = JSON.parse(
    readFileSync(join(fixturesDir, 'rcnn_relatives.json'), 'utf8'),
  );
  const { config } = cases.find(({ kind }) => kind === 'mask and keypoint')!;
  const joints = {
    keypoints: ['top', 'left', 'right', 'bottom'],
    skeleton: [
      [1, 2],
      [1, 3],
      [2, 4],
      [3, 4],
    ],
  };
  await writeDetector(file, { ...config, categories: config.categories.map((one) => ({ ...one, ...joints })) });
}

async function writeDetector(file: string, config: unknown): Promise<void> {
  const { tensors, config: parsed } = waveDetector(config);
  await writeSafetensors(file, tensors, { format: 'resnet-coco', config: JSON.stringify(parsed) });
}

/** A picture of waves, as the bytes of a file. */
export async function wavePicture(
  width: number,
  height: number,
  phase: number,
  format: 'png' | 'jpeg',
): Promise<Buffer> {
  const data = Uint8Array.from(wave(width * height * 3, phase), (value) => 128 + 120 * value);
  return Buffer.from(await encodeImage({ width, height, data }, format));
}

/** The first bytes of a PNG that claims a size, with nothing behind them. */
export function claimedPng(width: number, height: number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000000000000000080200000000000000', 'hex');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return header;
}
