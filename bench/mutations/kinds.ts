import { archive } from './archive.ts';
import { pth, safetensors } from './checkpoint.ts';
import { annotations, detections } from './coco.ts';
import { configuration } from './configuration.ts';
import { image } from './image.ts';
import type { Kind } from './kind.ts';
import { voc, yolo } from './labels.ts';

/** The kinds of input, with their share. */
export const kinds: Readonly<Record<string, { readonly run: Kind; readonly share: number }>> = {
  jpeg: { run: image('jpeg', '.jpg', '.jpeg'), share: 0.12 },
  png: { run: image('png', '.png'), share: 0.12 },
  bmp: { run: image('bmp', '.bmp'), share: 0.08 },
  pth: { run: pth, share: 0.12 },
  safetensors: { run: safetensors, share: 0.1 },
  coco: { run: annotations, share: 0.1 },
  detections: { run: detections, share: 0.1 },
  yolo: { run: yolo, share: 0.1 },
  voc: { run: voc, share: 0.06 },
  archive: { run: archive, share: 0.06 },
  config: { run: configuration, share: 0.04 },
};
