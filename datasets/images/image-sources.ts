import type { ImageSource } from './image.ts';

/** Any number of images, one after another, such as an array or a stream of paths. */
export type ImageSources<S extends ImageSource = ImageSource> = Iterable<S> | AsyncIterable<S>;

/** Whether it is one image, as paths and bytes are, although JavaScript can iterate over them. */
export function isImageSource(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return true;
  return !(Symbol.iterator in input || Symbol.asyncIterator in input);
}

/** The images that are given, be it one or many. */
export const eachSource = <S extends ImageSource>(input: S | ImageSources<S>): ImageSources<S> =>
  isImageSource(input) ? [input as S] : (input as ImageSources<S>);
