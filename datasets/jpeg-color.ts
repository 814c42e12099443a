/**
 * The last two steps of a JPEG decoder as libjpeg takes them: chroma that was stored at half the width or height is
 * brought back by triangle interpolation (`jdsample.c`, "fancy upsampling"), then YCbCr becomes RGB (`jdcolor.c`), all
 * in libjpeg's integer arithmetic. jpeg-js repeats the nearest sample instead, which shifts the colours at every edge
 * by dozens of levels, away from what models trained with PyTorch saw.
 *
 * H height, W width of the picture; chroma planes are ⌈H / v⌉ × ⌈W / h⌉ for steps v and h of 1 or 2.
 */

/** Converts Y, Cb, Cr samples (H × W × 3, chroma repeated `stepX` × `stepY` times) to RGB in place. */
export function ycbcrToRgb(data: Uint8Array, width: number, height: number, stepX: number, stepY: number): void {
  const halved = (step: number) => step === 1 || step === 2;
  const smooth = halved(stepX) && halved(stepY) && (stepX === 1 || width > 4);
  const blue = smooth ? smoothedRows(data, width, height, 1, stepX, stepY) : undefined;
  const red = smooth ? smoothedRows(data, width, height, 2, stepX, stepY) : undefined;
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
  for (let y = 0, p = 0; y < height; y++) {
    const cbRow = blue?.(y);
    const crRow = red?.(y);
    for (let x = 0; x < width; x++, p += 3) {
      const luma = data[p];
      const cb = (cbRow ? cbRow[x] : data[p + 1]) - 128;
      const cr = (crRow ? crRow[x] : data[p + 2]) - 128;
      clamped[p] = luma + ((91881 * cr + 32768) >> 16); // 1.402 · 2¹⁶
      clamped[p + 1] = luma + ((-22554 * cb - 46802 * cr + 32768) >> 16); // 0.34414 and 0.71414
      clamped[p + 2] = luma + ((116130 * cb + 32768) >> 16); // 1.772
    }
  }
}

/**
 * Gives, row by row, one channel interpolated to full size. The returned rows are reused.
 * The stored samples are read from their first repetition.
 */
function smoothedRows(
  data: Uint8Array,
  width: number,
  height: number,
  channel: number,
  stepX: number,
  stepY: number,
): ((y: number) => Uint8Array) | undefined {
  if (stepX === 1 && stepY === 1) return undefined;
  const columns = Math.ceil(width / stepX);
  const rows = Math.ceil(height / stepY);
  const plane = new Uint8Array(columns * rows);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0, p = y * stepY * width * 3 + channel; x < columns; x++, p += stepX * 3) plane[i++] = data[p];
  }
  const sums = new Int32Array(columns);
  const row = new Uint8Array(columns * stepX);
  return (y) => {
    // Vertically: ¾ of the nearer row and ¼ of the further one, kept as a sum of weight 4.
    const near = Math.floor(y / stepY);
    const far = stepY === 1 ? near : Math.min(Math.max(y & 1 ? near + 1 : near - 1, 0), rows - 1);
    const upper = y & 1 ? 0 : 1;
    for (let x = 0, n = near * columns, f = far * columns; x < columns; x++, n++, f++) {
      sums[x] = stepY === 1 ? plane[n] : 3 * plane[n] + plane[f];
    }
    if (stepX === 1) {
      for (let x = 0; x < columns; x++) row[x] = (sums[x] + 2 - upper) >> 2;
      return row;
    }
    // Horizontally likewise; the rounding alternates as libjpeg's does, so that no drift remains.
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
