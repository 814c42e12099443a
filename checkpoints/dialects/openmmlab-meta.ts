/** What OpenMMLab's checkpoints say of a model beside its tensors, in `meta` and in buffers. */
import type { PickleValue } from '../../io/pickle/pickle.ts';
import type { ForeignContents } from './dialect.ts';
import type { ConfigText } from './mmdetection-config.ts';
import { beginsWithBlue, numbersOfChannels, pixelSettings } from './pixels.ts';

/** The text of the configuration in a checkpoint's `meta`. */
export const textOfConfig = (meta: PickleValue | undefined): string =>
  textOf(meta, 'cfg') ?? textOf(meta, 'config') ?? '';

/** Means and deviations of pixels: those of torchvision's backbones where nothing else is said. */
export function pixelsOf(stored: ForeignContents['tensors'], text: ConfigText) {
  const mean = numbersOfChannels(stored.get('data_preprocessor.mean')) ?? text.mean;
  const std = numbersOfChannels(stored.get('data_preprocessor.std')) ?? text.std;
  const isBgr = mean !== undefined && (text.isRgb === undefined ? beginsWithBlue(mean) : !text.isRgb);
  // Deviations of 1 are those of Caffe's networks, which stride as the paper.
  const isCaffe = text.style === undefined ? std?.every((value) => value === 1) : text.style === 'caffe';
  return {
    isBgr,
    settings: {
      ...pixelSettings({ mean, std, isBgr }),
      stride_on: isCaffe ? '1x1' : '3x3',
    },
  };
}

const entryOf = (value: PickleValue | undefined, key: string): PickleValue | undefined =>
  value instanceof Map ? (value as ReadonlyMap<PickleValue, PickleValue>).get(key) : undefined;

function textOf(value: PickleValue | undefined, key: string): string | undefined {
  const entry = entryOf(value, key);
  return typeof entry === 'string' ? entry : undefined;
}

/** The names of classes in a checkpoint's `meta`; undefined if it names none. */
export function classesOf(meta: PickleValue | undefined): readonly string[] | undefined {
  const dataset = entryOf(meta, 'dataset_meta');
  const named = [entryOf(dataset, 'classes'), entryOf(dataset, 'CLASSES'), entryOf(meta, 'CLASSES')].find(
    Array.isArray,
  ) as readonly PickleValue[] | undefined;
  return named?.length && named.every((name) => typeof name === 'string') ? (named as readonly string[]) : undefined;
}
