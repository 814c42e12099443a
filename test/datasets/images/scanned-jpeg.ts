/** Bits as a JPEG's scan has them: filled up with ones, a zero behind each byte of ones. */
class ScanBits {
  readonly #bytes: number[] = [];
  #current = 0;
  #used = 0;

  add(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#current = (this.#current << 1) | ((value >> bit) & 1);
      if (++this.#used < 8) continue;
      this.#bytes.push(this.#current);
      if (this.#current === 0xff) this.#bytes.push(0);
      [this.#current, this.#used] = [0, 0];
    }
  }

  get bytes(): Buffer {
    if (this.#used) this.add(0xff, 8 - this.#used);
    return Buffer.from(this.#bytes);
  }
}

const segment = (marker: number, ...content: number[]) =>
  Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255, ...content]);

/**
 * A progressive JPEG of plain gray that keeps decoders busy. Each of three components has a scan of all DC coefficients, a
 * bit for each block; then they take turns with scans that say in a few bytes that all others are zero, or still are.
 */
export function scannedJpeg(width: number, height: number, scans: number): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  // Of the DC table one code of a bit is used; the AC table has runs of 1 to 2¹⁴ empty blocks, in four bits each.
  const runs = Array.from({ length: 15 }, (_, power) => power << 4);
  const counts = (length: number, count: number) =>
    Array.from({ length: 16 }, (_, i) => (i + 1 === length ? count : 0));
  const empty = new ScanBits();
  for (let left = blocks; left > 0; ) {
    const power = Math.min(14, Math.floor(Math.log2(left)));
    empty.add(power, 4);
    empty.add(0, power);
    left -= 2 ** power;
  }
  const start = (scan: number, ...of: number[]) => segment(0xda, 1, 1 + (scan % 3), 0, ...of);
  const parts: Uint8Array[] = [
    Buffer.of(0xff, 0xd8),
    segment(0xdb, 0, ...Array<number>(64).fill(1)),
    segment(
      0xc2,
      8,
      height >> 8,
      height & 255,
      width >> 8,
      width & 255,
      3,
      ...[1, 2, 3].flatMap((id) => [id, 0x11, 0]),
    ),
    segment(0xc4, 0x00, ...counts(1, 1), 0),
    segment(0xc4, 0x10, ...counts(4, runs.length), ...runs),
    ...[0, 1, 2].flatMap((scan) => [start(scan, 0, 0, 0), Buffer.alloc(Math.ceil(blocks / 8))]),
  ];
  for (let scan = 3; scan < scans; scan++) {
    // The first of eleven gives the highest bits, the others refine them, down to the lowest.
    const low = 10 - ((Math.floor(scan / 3) - 1) % 11);
    parts.push(start(scan, 1, 63, low === 10 ? low : ((low + 1) << 4) | low), empty.bytes);
  }
  return Buffer.concat([...parts, Buffer.of(0xff, 0xd9)]);
}
