/** The thread of an `ImagePool`: decodes, transforms, draws and encodes, one job at a time. */
import { setPriority } from 'node:os';
import { extname } from 'node:path';
import { workerData } from 'node:worker_threads';
import { answerJobs } from '../../io/threads/answer-jobs.ts';
import { drawBoxes, type LabeledBox } from '../draw/draw.ts';
import { cutRegions } from './cut-regions.ts';
import { encodeImage, writeImage } from './encode.ts';
import type { DecodedImage, Image } from './image.ts';
import type { ImageFormat } from './image-format.ts';
import { openImageRows } from './image-rows.ts';
import { readImage } from './read-image.ts';
import { readReduced } from './reduced-image.ts';
import type { Region } from './region.ts';
import { enlarged, enlargement, shrunk } from './resize/viewing.ts';
import { type ImageTensor, type ImageTransform, transformImage } from './transform.ts';

/** What a thread gets when it starts. */
export interface ImageWorkerData {
  readonly inBackground: boolean;
}

/** For a background thread: on a busy processor its share is a tenth of another thread's. */
const BACKGROUND_PRIORITY = 10;

/** A job on a picture; `name` is the caller's name for it. */
export type Job = { readonly name: string; readonly source: string | Uint8Array | Image } & (
  | {
      readonly kind: 'load';
      readonly transform: ImageTransform;
      readonly keepImage: boolean;
    }
  | {
      readonly kind: 'render';
      readonly boxes: readonly LabeledBox[];
      readonly path: string;
      /** Longer side of the preview in pixels. */
      readonly previewSide: number | undefined;
    }
  | { readonly kind: 'cut'; readonly pieces: readonly Piece[] }
);

/** A part of an image to be written as one of its own. */
export interface Piece {
  /** Within the upright image. */
  readonly region: Region;
  readonly path: string;
}

/** A picture as a model's input. */
export interface LoadedImage {
  readonly tensor: ImageTensor;
  /** Size of the picture before the transform, upright. */
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat | null;
  /** The picture itself, if requested. */
  readonly image?: DecodedImage;
}

/** The result of a job: a loaded picture, or the preview of a drawn one, if requested. */
export type JobResult = LoadedImage | Uint8Array | undefined;

async function load({ source, transform, keepImage }: Extract<Job, { kind: 'load' }>): Promise<LoadedImage> {
  const image = await readImage(source);
  const { width, height, format } = image;
  const tensor = transformImage(image, transform);
  return { tensor, width, height, format, ...(keepImage && { image }) };
}

async function render(job: Extract<Job, { kind: 'render' }>): Promise<Uint8Array | undefined> {
  const { source, boxes, path, previewSide } = job;
  const { factor: reduction, image } = await readReduced(source);
  const format = image.format ?? formatOf(path);
  // On a small picture a label would cover everything, and smooth scaling would blur it.
  const enlarging = enlargement(image);
  const large = enlarged(image, enlarging);
  const factor = enlarging / reduction;
  const scaled = boxes.map((box) => ({
    ...box,
    bbox: box.bbox.map((side) => side * factor),
    ...(box.keypoints && { keypoints: box.keypoints.map(([x, y, v]) => [x * factor, y * factor, v]) }),
  }));
  await writeImage(path, drawBoxes(large, scaled), format);
  // An encoder's bytes may be in memory that cannot be transferred.
  return previewSide === undefined
    ? undefined
    : Uint8Array.from(await encodeImage(shrunk(large, previewSide), 'jpeg', PREVIEW_QUALITY));
}

const formatOf = (path: string): ImageFormat => (extname(path).toLowerCase() === '.png' ? 'png' : 'jpeg');

/** Writes parts of an image. */
async function cut({ pieces, source }: Extract<Job, { kind: 'cut' }>): Promise<undefined> {
  const rows = await openImageRows(source);
  try {
    const regions = pieces.map(({ region }) => region);
    for await (const { image, index } of cutRegions(rows, regions)) {
      const { path } = pieces[index];
      await writeImage(path, image, formatOf(path));
    }
  } finally {
    await rows.close();
  }
}

/** A page has many previews. */
const PREVIEW_QUALITY = 80;

// On other systems than Linux this would set the priority of the whole process.
if ((workerData as ImageWorkerData | undefined)?.inBackground && process.platform === 'linux') {
  setPriority(BACKGROUND_PRIORITY);
}
answerJobs<Job, JobResult>(
  (job) => (job.kind === 'load' ? load(job) : job.kind === 'cut' ? cut(job) : render(job)),
  (result) => {
    const memory = result instanceof Uint8Array ? [result] : [result?.tensor.data, result?.image?.data];
    return memory.flatMap((data) => data?.buffer ?? []) as ArrayBuffer[];
  },
);
