/** The far side of an `ImagePool`: decodes, transforms, draws and encodes, one job at a time. */
import { setPriority } from 'node:os';
import { extname } from 'node:path';
import { workerData } from 'node:worker_threads';
import { answerJobs } from '../../io/threads/answer-jobs.ts';
import { drawBoxes, type LabelledBox } from '../draw/draw.ts';
import { encodeImage, writeImage } from './encode.ts';
import type { DecodedImage, Image } from './image.ts';
import type { ImageFormat } from './image-format.ts';
import { readImage } from './read-image.ts';
import { enlarged, enlargement, shrunk } from './resize.ts';
import { type ImageTensor, type ImageTransform, transformImage } from './transform.ts';

/** What a thread is told when it starts. */
export interface ImageWorkerData {
  readonly inBackground: boolean;
}

/** Of a thread in the background: its share of a busy processor is a tenth of another's. */
const BACKGROUND_PRIORITY = 10;

/** What is to be done with a picture, which the sender calls by its name. */
export type Job = { readonly name: string; readonly source: string | Uint8Array | Image } & (
  | {
      readonly kind: 'load';
      readonly transform: ImageTransform;
      readonly keepImage: boolean;
    }
  | {
      readonly kind: 'render';
      readonly boxes: readonly LabelledBox[];
      readonly path: string;
      /** Longer side of the preview wanted, in pixels. */
      readonly previewSide: number | undefined;
    }
);

/** A picture as a model takes it. */
export interface LoadedImage {
  readonly tensor: ImageTensor;
  /** Of the picture before it was transformed, upright. */
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat | null;
  /** The picture itself, where it was asked for. */
  readonly image?: DecodedImage;
}

/** What a job gives: a loaded picture, or the preview of a drawn one, if wanted. */
export type JobResult = LoadedImage | Uint8Array | undefined;

async function load({ source, transform, keepImage }: Extract<Job, { kind: 'load' }>): Promise<LoadedImage> {
  const image = await readImage(source);
  const { width, height, format } = image;
  const tensor = transformImage(image, transform);
  return { tensor, width, height, format, ...(keepImage && { image }) };
}

async function render(job: Extract<Job, { kind: 'render' }>): Promise<Uint8Array | undefined> {
  const { source, boxes, path, previewSide } = job;
  const image = await readImage(source);
  const format = image.format ?? (extname(path).toLowerCase() === '.png' ? 'png' : 'jpeg');
  // Of a small picture a label would cover all, and what is shown smoothly would be a blur.
  const factor = enlargement(image);
  const large = enlarged(image, factor);
  const scaled = boxes.map((box) => ({ ...box, bbox: box.bbox.map((side) => side * factor) }));
  await writeImage(path, drawBoxes(large, scaled), format);
  // An encoder's bytes may lie in memory that cannot change hands.
  return previewSide === undefined
    ? undefined
    : Uint8Array.from(await encodeImage(shrunk(large, previewSide), 'jpeg', PREVIEW_QUALITY));
}

/** Previews are many in one page. */
const PREVIEW_QUALITY = 80;

// Elsewhere than on Linux it would be the priority of the whole process.
if ((workerData as ImageWorkerData | undefined)?.inBackground && process.platform === 'linux') {
  setPriority(BACKGROUND_PRIORITY);
}
answerJobs<Job, JobResult>(
  (job) => (job.kind === 'load' ? load(job) : render(job)),
  (result) => {
    const memory = result instanceof Uint8Array ? [result] : [result?.tensor.data, result?.image?.data];
    return memory.flatMap((data) => data?.buffer ?? []) as ArrayBuffer[];
  },
);
