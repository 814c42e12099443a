import { damage } from '../damage.ts';
import type { Image } from '../image.ts';
import { type JpegColors, jpegColors, writeColors } from './jpeg-color.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { BitReader, type HuffmanTable } from './jpeg-huffman.ts';
import { inverseDct } from './jpeg-idct.ts';
import { type CodedComponent, scanRows } from './jpeg-scan.ts';
import { jpegSegments, START_OF_SCAN } from './jpeg-segments.ts';
import { AC, readHuffmanTables, readQuantizationTables } from './jpeg-tables.ts';
import { type SamplePlane, upsampledRows } from './jpeg-upsampling.ts';

const [HUFFMAN_TABLES, QUANTIZATION_TABLES, RESTART_INTERVAL] = [0xc4, 0xdb, 0xdd];
/** For all coefficients together: enough for 178 megapixels of three components at full size. */
const MAX_COEFFICIENT_BYTES = 2 ** 30 + 2 ** 27;

interface FrameComponent extends CodedComponent {
  readonly id: number;
  readonly plane: SamplePlane & { readonly samples: Uint8ClampedArray };
  /** Rows of blocks that are decoded together. */
  readonly step: number;
  readonly table: number;
  /** The table at the start of its first scan. */
  quantization?: Uint16Array;
}

/**
 * Decodes a Huffman-coded JPEG file, sequential or progressive, of gray, RGB, YCbCr, CMYK or YCCK in any subsampling,
 * to the same pixels as libjpeg. Damaged bits and missing data, which libjpeg only warns of, give a picture here too.
 *
 * @throws Error with the reason when the file cannot be decoded
 */
export function decodeJpegFrame(bytes: Uint8Array, header: JpegHeader): Image {
  const { height, width } = header;
  const rows = jpegRows(bytes, header);
  const first = rows.next(); // what cannot be decoded is refused before memory is taken for it
  const data = new Uint8Array(width * height * 3);
  let at = 0;
  for (let row = first; !row.done; row = rows.next()) {
    data.set(row.value, at);
    at += row.value.length;
  }
  return { width, height, data };
}

/** Whether all is in one scan, from top to bottom: no more than two rows of MCUs are in memory then. */
const isOneScan = ({ coding, scans }: JpegHeader): boolean => coding === 'sequential' && scans === 1;

/**
 * The rows of `decodeJpegFrame`, from top to bottom, RGB. Each is overwritten by the next. A sequential file of one scan is
 * decoded as they are asked for; of others all coefficients are in memory.
 *
 * @throws Error with the reason when the file cannot be decoded
 */
export function* jpegRows(bytes: Uint8Array, header: JpegHeader): Generator<Uint8Array, void> {
  const colors = jpegColors(header, bytes);
  checkSampling(header);
  try {
    const components = frameComponents(header);
    const decoding = decodeScans(bytes, header, components);
    if (!isOneScan(header)) for (const _ of decoding);
    yield* coloredRows(components, header, colors, decoding);
  } catch (error) {
    throw damage(error);
  }
}

/** Turns coefficients into samples and colors, some rows of blocks at a time. @param decoding fills the next of them */
function* coloredRows(
  components: readonly FrameComponent[],
  header: JpegHeader,
  colors: JpegColors,
  decoding: Iterator<number>,
): Generator<Uint8Array, void> {
  const { height, width } = header;
  const rowsOf = components.map(({ plane }) => upsampledRows(plane, width));
  const row = new Uint8Array(width * 3);
  const clamped = new Uint8ClampedArray(row.buffer);
  const [{ plane, step }] = components;
  const stepRows = 8 * step * plane.stepY;
  const { maxV } = mcusOf(header);
  // The last row of a chroma sample lies between it and the next sample.
  const behind = maxV > 1 ? maxV : 0;
  for (let part = 0, y = 0; y < height; part++) {
    if (isOneScan(header)) decoding.next();
    for (const component of components) writeSamples(component, part, isOneScan(header));
    const end = (part + 1) * stepRows;
    for (; y < (end < height ? end - behind : height); y++) {
      writeColors(
        colors,
        rowsOf.map((rowOf) => rowOf(y)),
        clamped,
        0,
        width,
      );
      yield row;
    }
  }
}

function mcusOf({ width, height, components }: JpegHeader) {
  const maxH = Math.max(...components.map(({ h }) => h));
  const maxV = Math.max(...components.map(({ v }) => v));
  return { maxH, maxV, mcuColumns: Math.ceil(width / (8 * maxH)), mcuRows: Math.ceil(height / (8 * maxV)) };
}

/** @throws Error when the file is too large for this decoder, or its sampling factors do not fit together */
function checkSampling(header: JpegHeader): void {
  const { components } = header;
  const { maxH, maxV, mcuColumns, mcuRows } = mcusOf(header);
  if (components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) {
    throw new Error('a sampling factor is not between 1 and 4');
  }
  if (components.some(({ h, v }) => maxH % h || maxV % v)) {
    throw new Error('its components are sampled in no whole ratio, which libjpeg does not read either');
  }
  const blocks = components.reduce((sum, { h, v }) => sum + h * v * mcuColumns * mcuRows, 0);
  if (!isOneScan(header) && blocks * 128 > MAX_COEFFICIENT_BYTES) {
    throw new Error('it is too large for the JavaScript decoder; save it as a baseline JPEG, or scale it down');
  }
}

function frameComponents(header: JpegHeader): FrameComponent[] {
  const { width, height, components } = header;
  const { maxH, maxV, mcuColumns, mcuRows } = mcusOf(header);
  return components.map(({ id, h, v, quantization }) => {
    const columns = Math.ceil((width * h) / maxH);
    const rows = Math.ceil((height * v) / maxV);
    // A scan of one component has no MCUs of several rows.
    const step = isOneScan(header) && components.length === 1 ? 1 : v;
    const storedColumns = mcuColumns * h;
    const [stride, keptRows] = [storedColumns * 8, 2 * step * 8];
    const samples = new Uint8ClampedArray(stride * keptRows);
    return {
      ...{ id, h, v, step, storedColumns },
      table: quantization,
      columns: Math.ceil(columns / 8),
      rows: Math.ceil(rows / 8),
      coefficients: new Int16Array(storedColumns * (isOneScan(header) ? step : mcuRows * v) * 64),
      dc: 0,
      plane: { ...{ columns, rows, samples, stride, keptRows }, stepX: maxH / h, stepY: maxV / v },
    };
  });
}

/** Walks the file: tables are kept until replaced, scans are decoded row by row. */
function* decodeScans(
  bytes: Uint8Array,
  header: JpegHeader,
  components: readonly FrameComponent[],
): Generator<number, void> {
  const { mcuColumns, mcuRows } = mcusOf(header);
  const tables = new Map<number, HuffmanTable>();
  const quantizations = new Map<number, Uint16Array>();
  let restartInterval = 0;
  for (const { marker, content, end, next } of jpegSegments(bytes)) {
    if (marker === HUFFMAN_TABLES) readHuffmanTables(content, tables);
    else if (marker === QUANTIZATION_TABLES) readQuantizationTables(content, quantizations);
    else if (marker === RESTART_INTERVAL && content.length >= 2) restartInterval = (content[0] << 8) | content[1];
    else if (marker === START_OF_SCAN) {
      const count = content[0];
      if (count < 1 || count > 4 || content.length < 4 + 2 * count) throw new Error('a scan’s header is cut short');
      const scanned = Array.from({ length: count }, (_, i) => {
        const component = components.find(({ id }) => id === content[1 + 2 * i]);
        if (!component) throw new Error(`a scan has the component ${content[1 + 2 * i]}, which its frame has not`);
        component.dcTable = tables.get(content[2 + 2 * i] >> 4);
        component.acTable = tables.get(AC | (content[2 + 2 * i] & 15));
        component.quantization ??= quantizations.get(component.table)!;
        return component;
      });
      const [first, last, bits] = content.subarray(1 + 2 * count);
      const scan = { first, last: Math.min(last, 63), high: bits >> 4, low: bits & 15 };
      const progressive = header.coding === 'progressive';
      const needsDc = !progressive || (first === 0 && scan.high === 0);
      const needsAc = !progressive || first > 0;
      if (needsAc && progressive && count > 1) throw new Error('a scan mixes components where it must not');
      for (const { dcTable, acTable } of scanned) {
        if ((needsDc && !dcTable) || (needsAc && !acTable)) throw new Error('a Huffman table is missing');
      }
      const reader = new BitReader(bytes, end, next < 0 ? bytes.length : next - 1);
      const whole = { ...scan, components: scanned, progressive, restartInterval };
      yield* scanRows(whole, reader, mcuColumns, mcuRows, !isOneScan(header));
    }
  }
}

/**
 * Writes the samples of a part of a component in the place of those before the last.
 *
 * @param isOnly whether the coefficients are of this part alone, and make room for the next
 */
function writeSamples(component: FrameComponent, part: number, isOnly: boolean): void {
  const { coefficients, plane, quantization, step, storedColumns } = component;
  if (!quantization) throw new Error('a quantization table is missing');
  const { samples, stride } = plane;
  let at = isOnly ? 0 : part * step * storedColumns * 64;
  for (let i = 0; i < step; i++) {
    const top = ((part % 2) * step + i) * 8 * stride;
    for (let column = 0; column < storedColumns; column++, at += 64) {
      inverseDct(coefficients, at, quantization, samples, top + column * 8, stride);
    }
  }
  if (isOnly) coefficients.fill(0);
}
