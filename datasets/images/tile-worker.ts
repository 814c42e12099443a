/** The thread of `loadTiles`: decodes an image row by row, cuts its tiles, and makes a model's input of each. */
import { sendStream } from '../../io/threads/send-stream.ts';
import { cutRegions } from './cut-regions.ts';
import { orient, uprightSize } from './exif-orientation.ts';
import type { Image } from './image.ts';
import { openImageRows } from './image-rows.ts';
import type { LoadedTile, TileJob } from './load-tiles.ts';
import { REDUCED_PIXELS, ReducedImage, reductionTo } from './reduced-image.ts';
import { tilesOf } from './tiles.ts';
import { transformImage } from './transform.ts';

async function* tilesOfImage({ rows, slicing, source, transform, whole }: TileJob): AsyncGenerator<LoadedTile, void> {
  const image = await openImageRows(source, rows);
  try {
    const size = uprightSize(image, image.orientation);
    const regions = tilesOf(size, slicing);
    // One tile is the whole image.
    const withWhole = whole && regions.length > 1;
    const total = regions.length + (withWhole ? 1 : 0);
    const loaded = (pixels: Image, index: number, left: number, top: number): LoadedTile => {
      const { height, width } = pixels;
      return { ...{ index, left, top, width, height, total, image: size }, tensor: transformImage(pixels, transform) };
    };
    const reduced = withWhole && !image.whole ? new ReducedImage(image, reductionTo(image, REDUCED_PIXELS)) : undefined;
    for await (const { image: pixels, index } of cutRegions(image, regions, reduced && ((row) => reduced.add(row)))) {
      yield loaded(pixels, index, regions[index].left, regions[index].top);
    }
    if (!withWhole) return;
    const picture = image.whole ?? orient(reduced!.image, image.orientation);
    yield { ...loaded(picture, regions.length, 0, 0), ...size };
  } finally {
    await image.close();
  }
}

sendStream<TileJob, LoadedTile>(tilesOfImage, ({ tensor }) => [tensor.data.buffer as ArrayBuffer]);
