import { classifierTransform, type Preparation } from '../../backbone/classifier-transform.ts';
import { topClasses } from '../../backbone/top-classes.ts';
import type { Image } from '../../datasets/images/image.ts';
import { transformImage } from '../../datasets/images/transform.ts';
import type { DetectorModel } from '../../detection/architectures/architecture.ts';
import { browserDetector } from '../../detection/architectures/browser-detectors.ts';
import type { SharedDetectorConfig } from '../../detection/model/shared-detector-config.ts';
import { detectionRecord } from '../../detection/results/detection-record.ts';
import { categoriesByLabel, nameDetections } from '../../detection/results/name-detections.ts';
import type { Program } from '../../engine/engine.ts';
import { type Classified, type Detected, type ModelDetails, modelDetails } from './ask.ts';
import { loadRuntime } from './runtime.ts';

/** The pixels of an image file, turned upright. */
async function pixelsOf(file: File): Promise<Image> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const { height, width } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; o < data.length; i += 4) {
    data[o++] = rgba[i];
    data[o++] = rgba[i + 1];
    data[o++] = rgba[i + 2];
  }
  return { width, height, data };
}

/** Each model is fetched and compiled once. */
const ready = new Map<string, Promise<unknown>>();

function once<T>(name: string, make: () => Promise<T>): Promise<T> {
  const made =
    (ready.get(name) as Promise<T> | undefined) ??
    make().catch((error) => {
      ready.delete(name);
      throw error;
    });
  ready.set(name, made);
  return made;
}

interface Compiled<T> {
  readonly config: ModelDetails['config'];
  readonly model: T;
}

const graph = (name: string, part: string): string => `v1/models/${encodeURIComponent(name)}/${part}.onnx`;

const classifierOf = (name: string): Promise<Compiled<Program>> =>
  once(name, async () => {
    const [{ config }, runtime] = await Promise.all([modelDetails(name), loadRuntime()]);
    return { config, model: await runtime.compile(graph(name, 'model')) };
  });

const detectorOf = (name: string): Promise<Compiled<DetectorModel>> =>
  once(name, async () => {
    const [{ config }, runtime] = await Promise.all([modelDetails(name), loadRuntime()]);
    return { config, model: await browserDetector(config, (part) => runtime.compile(graph(name, part))) };
  });

/** As the service's `/v1/detect`, but the image stays in this browser. */
export async function detectHere(file: File, name: string, score: number): Promise<Detected> {
  const { config, model } = await detectorOf(name);
  const image = await pixelsOf(file);
  const detector = config as unknown as SharedDetectorConfig;
  const { channel_order, max_size, min_size, resize_arithmetic, resize_by } = detector;
  const { image_mean, image_std } = config;
  const { data, shape } = transformImage(image, {
    ...{ kind: 'detection', image_mean, image_std, channel_order, max_size, min_size, resize_arithmetic, resize_by },
  });
  const [found] = await model.detect([{ height: shape[0], width: shape[1], data }], [image], score);
  const detections = nameDetections(found, categoriesByLabel(config.categories ?? [])).map(detectionRecord);
  return { file: file.name, width: image.width, height: image.height, detections };
}

/** As the service's `/v1/classify`, but the image stays in this browser. */
export async function classifyHere(file: File, name: string): Promise<Classified> {
  const { config, model } = await classifierOf(name);
  const transform = classifierTransform(config as unknown as Preparation);
  const { data, shape } = transformImage(await pixelsOf(file), transform);
  const { logits } = await model.run({ image: { shape: [1, ...shape], data } });
  const predictions = topClasses((await logits.data()) as Float32Array, 5, config.categories);
  logits.dispose();
  return { file: file.name, predictions };
}
