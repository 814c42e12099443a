// N images, C channels, H × W map, R regions, P × P bins.
import type { RoiAlignAttributes } from './roi-align.ts';
import { axisSamples } from './roi-align-host.ts';

/** Sizes of a map. */
export interface MapSize {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** For each bin along one axis: the cells that its samples interpolate, and their weights in the bin's mean. */
interface BinCells {
  /** `bins + 1` numbers: the start of each bin's cells. */
  readonly starts: Int32Array;
  readonly cells: readonly number[];
  readonly shares: readonly number[];
}

/** Memory for one image's map, reused between calls: allocating that much costs more than the sums. */
let plane = new Float32Array(0);

/**
 * The gradient of ROIAlign by the map. As `roiAlignGradient`, but a bin adds only once to each cell, however many of
 * its samples use it. One thread adds in a fixed order, so the result is deterministic.
 *
 * @param dy `[R, P, P, C]` @param regions `[R, 5]`, rows of image, x1, y1, x2, y2
 * @param channelsLast whether the result is `[N, H, W, C]` and not `[N, C, H, W]`
 * @param gradient the result; its previous values are overwritten
 */
export function roiAlignGradientOfMaps(
  dy: Float32Array,
  regions: Float32Array,
  { channels, height, images, width }: MapSize,
  { aligned, outputSize, samplingRatio, spatialScale }: RoiAlignAttributes,
  channelsLast: boolean,
  gradient: Float32Array,
): void {
  const options = { outputSize: [outputSize, outputSize], spatialScale, samplingRatio, aligned } as const;
  const size = height * width * channels;
  const byImage: number[][] = Array.from({ length: images }, () => []);
  for (let region = 0; region < regions.length / 5; region++) {
    const image = regions[region * 5];
    if (!(image >= 0 && image < images)) throw new RangeError(`region ${region} names image ${image} of ${images}`);
    byImage[image].push(region);
  }
  /** For one bin: the offsets of its cells in the map, and their weights. */
  const [places, shares]: [number[], number[]] = [[], []];
  // The sums run on one image's map with channels last: it stays in the cache, and a cell's channels are adjacent.
  if (!channelsLast && plane.length < size) plane = new Float32Array(size);
  const turned = channelsLast ? undefined : plane.subarray(0, size);
  for (const [image, ofImage] of byImage.entries()) {
    const result = gradient.subarray(image * size, (image + 1) * size);
    const map = (turned ?? result).fill(0);
    for (const region of ofImage) addRegion(map, region);
    if (turned) channelsFirst(turned, result, channels);
  }

  function addRegion(map: Float32Array, region: number): void {
    const [, x1, y1, x2, y2] = regions.subarray(region * 5, region * 5 + 5);
    const columns = binCells(axisSamples(x1, x2, outputSize, width, options), outputSize);
    const rows = binCells(axisSamples(y1, y2, outputSize, height, options), outputSize);
    let pooled = region * outputSize * outputSize * channels;
    for (let y = 0; y < outputSize; y++) {
      for (let x = 0; x < outputSize; x++, pooled += channels) {
        let count = 0;
        for (let i = rows.starts[y]; i < rows.starts[y + 1]; i++) {
          for (let j = columns.starts[x]; j < columns.starts[x + 1]; j++, count++) {
            places[count] = (rows.cells[i] * width + columns.cells[j]) * channels;
            shares[count] = rows.shares[i] * columns.shares[j];
          }
        }
        // Three cells at a time, so that a bin's channels are read once for three; weights of 0 fill up the last three.
        for (; count % 3; count++) {
          places[count] = places[0];
          shares[count] = 0;
        }
        for (let k = 0; k < count; k += 3) addToThree(map, places, shares, k, dy, pooled, channels);
      }
    }
  }
}

function binCells(
  { high, highWeight, low, lowWeight, perBin }: ReturnType<typeof axisSamples>,
  bins: number,
): BinCells {
  const starts = new Int32Array(bins + 1);
  const cells: number[] = [];
  const shares: number[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const add = (cell: number, weight: number) => {
      if (weight === 0) return;
      // Cells come in ascending order, except that a sample's low cell may be below the high cell of the one before.
      let place = cells.length - 1;
      while (place >= starts[bin] && cells[place] > cell) place--;
      if (place < starts[bin] || cells[place] !== cell) place = cells.push(cell) - 1;
      shares[place] = (shares[place] ?? 0) + weight / perBin;
    };
    for (let i = bin * perBin; i < (bin + 1) * perBin; i++) {
      if (low[i] < 0) continue;
      add(low[i], lowWeight[i]);
      add(high[i], highWeight[i]);
    }
    starts[bin + 1] = cells.length;
  }
  return { starts, cells, shares };
}

/** Adds the channels of `source` at `from`, times `shares`, to the map at `places[k]`, `[k + 1]` and `[k + 2]`. */
function addToThree(
  map: Float32Array,
  places: readonly number[],
  shares: readonly number[],
  k: number,
  source: Float32Array,
  from: number,
  channels: number,
): void {
  const [a, b, c] = [places[k], places[k + 1], places[k + 2]];
  const [ofA, ofB, ofC] = [shares[k], shares[k + 1], shares[k + 2]];
  for (let i = 0; i < channels; i++) {
    const value = source[from + i];
    map[a + i] += ofA * value;
    map[b + i] += ofB * value;
    map[c + i] += ofC * value;
  }
}

const TILE = 16;

/** Transposes `[H·W, C]` to `[C, H·W]`, in tiles because one side is always strided, four channels at a time. */
function channelsFirst(map: Float32Array, result: Float32Array, channels: number): void {
  const cells = map.length / channels;
  const fours = channels - (channels % 4);
  for (let firstCell = 0; firstCell < cells; firstCell += TILE) {
    const lastCell = Math.min(cells, firstCell + TILE);
    for (let channel = 0; channel < fours; channel += 4) {
      const a = channel * cells;
      const [b, c, d] = [a + cells, a + 2 * cells, a + 3 * cells];
      for (let cell = firstCell; cell < lastCell; cell++) {
        const from = cell * channels + channel;
        result[a + cell] = map[from];
        result[b + cell] = map[from + 1];
        result[c + cell] = map[from + 2];
        result[d + cell] = map[from + 3];
      }
    }
    for (let channel = fours; channel < channels; channel++) {
      for (let cell = firstCell; cell < lastCell; cell++) {
        result[channel * cells + cell] = map[cell * channels + channel];
      }
    }
  }
}
