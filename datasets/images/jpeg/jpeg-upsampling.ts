/**
 * The decoded samples of a component: whole blocks, of which the first `columns` × `rows` belong to the picture. Only the
 * last `keptRows` are kept, each in the place of an earlier one.
 */
export interface SamplePlane {
  readonly samples: Uint8ClampedArray;
  readonly keptRows: number;
  /** Samples per row. */
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  /** Number of the picture's pixels per sample in each direction. */
  readonly stepX: number;
  readonly stepY: number;
}

/**
 * Upsamples a component's rows to full size as libjpeg does (`jdsample.c`): half width or height by triangle
 * interpolation ("fancy upsampling"), smaller sizes by repetition. The returned rows are reused.
 */
export function upsampledRows(plane: SamplePlane, width: number): (y: number) => Uint8ClampedArray {
  const { samples, stride, columns, stepX, stepY, keptRows } = plane;
  const startOf = (y: number) => (y % keptRows) * stride;
  if (stepX === 1 && stepY === 1) return (y) => samples.subarray(startOf(y), startOf(y) + width);
  // Horizontal interpolation needs at least two columns; vertical interpolation alone does not.
  if (stepX === 1 && stepY === 2) return smoothedRows(plane);
  if (stepX === 2 && stepY <= 2 && columns > 2) return smoothedRows(plane);
  const row = new Uint8ClampedArray(columns * stepX);
  return (y) => {
    const at = startOf(Math.floor(y / stepY));
    for (let x = 0; x < row.length; x++) row[x] = samples[at + Math.floor(x / stepX)];
    return row;
  };
}

function smoothedRows(plane: SamplePlane): (y: number) => Uint8ClampedArray {
  const { samples, stride, columns, rows, stepX, stepY, keptRows } = plane;
  const sums = new Int32Array(columns);
  const row = new Uint8ClampedArray(columns * stepX);
  return (y) => {
    // Vertically: ¾ of the nearer row and ¼ of the farther one, kept as a sum of weight 4.
    const near = Math.floor(y / stepY);
    const far = stepY === 1 ? near : Math.min(Math.max(y & 1 ? near + 1 : near - 1, 0), rows - 1);
    const upper = y & 1 ? 0 : 1;
    for (let x = 0, n = (near % keptRows) * stride, f = (far % keptRows) * stride; x < columns; x++, n++, f++) {
      sums[x] = stepY === 1 ? samples[n] : 3 * samples[n] + samples[f];
    }
    if (stepX === 1) {
      for (let x = 0; x < columns; x++) row[x] = (sums[x] + 2 - upper) >> 2;
      return row;
    }
    // Horizontally likewise; the rounding alternates as in libjpeg, so that no drift remains.
    const [shift, leftRounding, rightRounding] = stepY === 1 ? [2, 1, 2] : [4, 8, 7];
    let left = sums[0];
    for (let x = 0, o = 0; x < columns; x++) {
      const sum = 3 * sums[x];
      const right = x + 1 < columns ? sums[x + 1] : sums[x];
      row[o++] = (sum + left + leftRounding) >> shift;
      row[o++] = (sum + right + rightRounding) >> shift;
      left = sums[x];
    }
    return row;
  };
}
