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

/** For each bin along one axis, the cells that its samples lie between and their shares of the bin's mean. */
interface BinCells {
  /** `bins + 1` numbers: where each bin's cells begin. */
  readonly starts: Int32Array;
  readonly cells: Int32Array;
  readonly shares: Float32Array;
}

/**
 * The gradient of ROIAlign by the map, for pooled maps with channels first: as `roiAlignGradient`, summed channel by
 * channel, so that a channel's plane stays in the cache. One thread adds in one order: same input, same bits.
 *
 * @param dy `[R, C, P, P]` @param regions `[R, 5]`, rows of image, x1, y1, x2, y2
 * @param channelsLast whether the result is `[N, H, W, C]` rather than `[N, C, H, W]`
 */
export function roiAlignGradientOfMaps(
  dy: Float32Array,
  regions: Float32Array,
  { channels, height, images, width }: MapSize,
  { aligned, outputSize, samplingRatio, spatialScale }: RoiAlignAttributes,
  channelsLast: boolean,
): Float32Array {
  const options = { outputSize: [outputSize, outputSize], spatialScale, samplingRatio, aligned } as const;
  const gradient = new Float32Array(images * channels * height * width);
  const [ofCell, ofChannel] = channelsLast ? [channels, 1] : [1, height * width];
  for (let region = 0; region < regions.length / 5; region++) {
    const [image, x1, y1, x2, y2] = regions.subarray(region * 5, region * 5 + 5);
    if (!(image >= 0 && image < images)) throw new RangeError(`region ${region} names image ${image} of ${images}`);
    const columns = binCells(x1, x2, width, ofCell);
    const rows = binCells(y1, y2, height, ofCell * width);
    const map = image * channels * height * width;
    for (let channel = 0; channel < channels; channel++) {
      const pooled = (region * channels + channel) * outputSize * outputSize;
      addBins(gradient, map + channel * ofChannel, dy, pooled, rows, columns);
    }
  }
  return gradient;

  /** `step` numbers lie between two cells of the axis. */
  function binCells(from: number, to: number, size: number, step: number): BinCells {
    const { high, highWeight, low, lowWeight, perBin } = axisSamples(from, to, outputSize, size, options);
    const starts = new Int32Array(outputSize + 1);
    const cells: number[] = [];
    const shares: number[] = [];
    for (let bin = 0; bin < outputSize; bin++) {
      const sums = new Map<number, number>();
      const add = (cell: number, share: number) => share && sums.set(cell, (sums.get(cell) ?? 0) + share / perBin);
      for (let i = bin * perBin; i < (bin + 1) * perBin; i++) {
        if (low[i] < 0) continue;
        add(low[i], lowWeight[i]);
        add(high[i], highWeight[i]);
      }
      for (const [cell, share] of sums) {
        cells.push(cell * step);
        shares.push(share);
      }
      starts[bin + 1] = cells.length;
    }
    return { starts, cells: Int32Array.from(cells), shares: Float32Array.from(shares) };
  }
}

/** Gives each bin's number to the cells of one channel's plane, which begins at `plane`. */
function addBins(
  gradient: Float32Array,
  plane: number,
  dy: Float32Array,
  pooled: number,
  rows: BinCells,
  columns: BinCells,
): void {
  const bins = rows.starts.length - 1;
  for (let y = 0; y < bins; y++) {
    for (let x = 0; x < bins; x++) {
      const value = dy[pooled + y * bins + x];
      for (let i = rows.starts[y]; i < rows.starts[y + 1]; i++) {
        const row = plane + rows.cells[i];
        const share = value * rows.shares[i];
        for (let j = columns.starts[x]; j < columns.starts[x + 1]; j++) {
          gradient[row + columns.cells[j]] += share * columns.shares[j];
        }
      }
    }
  }
}
