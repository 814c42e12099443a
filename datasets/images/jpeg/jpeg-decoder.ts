import { damage } from '../damage.ts';
import type { Image } from '../image.ts';
import { type JpegColors, jpegColors, writeColors } from './jpeg-color.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { BitReader, HuffmanTable } from './jpeg-huffman.ts';
import { inverseDct } from './jpeg-idct.ts';
import { type CodedComponent, decodeScan, ZIGZAG } from './jpeg-scan.ts';
import { jpegSegments, START_OF_SCAN } from './jpeg-segments.ts';
import { type SamplePlane, upsampledRows } from './jpeg-upsampling.ts';

const [HUFFMAN_TABLES, QUANTIZATION_TABLES, RESTART_INTERVAL] = [0xc4, 0xdb, 0xdd];
/** For all coefficients together: enough for 178 megapixels of three components at full size. */
const MAX_COEFFICIENT_BYTES = 2 ** 30 + 2 ** 27;

interface FrameComponent extends CodedComponent {
  readonly id: number;
  readonly plane: Omit<SamplePlane, 'samples' | 'stride'>;
  readonly storedRows: number;
  coefficients: Int16Array;
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
  const colors = jpegColors(header, bytes);
  checkSampling(header);
  try {
    const components = frameComponents(header);
    decodeScans(bytes, header, components);
    return colored(components, header, colors);
  } catch (error) {
    throw damage(error);
  }
}

const NONE = new Int16Array(0);

function colored(components: readonly FrameComponent[], { width, height }: JpegHeader, colors: JpegColors): Image {
  const rowsOf = components.map((component) => {
    const stride = component.storedColumns * 8;
    const plane = { ...component.plane, stride, samples: samplesOf(component, stride) };
    component.coefficients = NONE; // frees most of its memory
    return upsampledRows(plane, width);
  });
  const data = new Uint8Array(width * height * 3);
  const clamped = new Uint8ClampedArray(data.buffer);
  for (let y = 0; y < height; y++) {
    writeColors(
      colors,
      rowsOf.map((rowOf) => rowOf(y)),
      clamped,
      y * width * 3,
      width,
    );
  }
  return { width, height, data };
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
  if (blocks * 128 > MAX_COEFFICIENT_BYTES) {
    throw new Error('it is too large for the JavaScript decoder; scale it down or install sharp');
  }
}

function frameComponents(header: JpegHeader): FrameComponent[] {
  const { width, height, components } = header;
  const { maxH, maxV, mcuColumns, mcuRows } = mcusOf(header);
  return components.map(({ id, h, v, quantization }) => {
    const columns = Math.ceil((width * h) / maxH);
    const rows = Math.ceil((height * v) / maxV);
    return {
      id,
      h,
      v,
      table: quantization,
      columns: Math.ceil(columns / 8),
      rows: Math.ceil(rows / 8),
      storedColumns: mcuColumns * h,
      storedRows: mcuRows * v,
      coefficients: new Int16Array(mcuColumns * h * mcuRows * v * 64),
      dc: 0,
      plane: { columns, rows, stepX: maxH / h, stepY: maxV / v },
    };
  });
}

/** Walks the file: tables are kept until replaced, scans are decoded. */
function decodeScans(bytes: Uint8Array, header: JpegHeader, components: readonly FrameComponent[]): void {
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
      decodeScan({ ...scan, components: scanned, progressive, restartInterval }, reader, mcuColumns, mcuRows);
    }
  }
}

/** Flag of AC tables. */
const AC = 16;

function readHuffmanTables(content: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= content.length; ) {
    const counts = content.subarray(at + 1, at + 17);
    const size = counts.reduce((sum, count) => sum + count, 0);
    tables.set(content[at] & 31, new HuffmanTable(counts, content.slice(at + 17, at + 17 + size)));
    at += 17 + size;
  }
}

function readQuantizationTables(content: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < content.length; ) {
    const [bytes, number] = [content[at] >> 4 ? 2 : 1, content[at] & 15];
    if (at + 1 + 64 * bytes > content.length) throw new Error('a quantization table is cut short');
    const table = new Uint16Array(64);
    for (let i = 0, p = at + 1; i < 64; i++, p += bytes) {
      table[ZIGZAG[i]] = bytes === 2 ? (content[p] << 8) | content[p + 1] : content[p];
    }
    tables.set(number, table);
    at += 1 + 64 * bytes;
  }
}

function samplesOf({ coefficients, quantization, storedColumns, storedRows }: FrameComponent, stride: number) {
  if (!quantization) throw new Error('a quantization table is missing');
  const samples = new Uint8ClampedArray(stride * storedRows * 8);
  for (let row = 0, at = 0; row < storedRows; row++) {
    for (let column = 0; column < storedColumns; column++, at += 64) {
      inverseDct(coefficients, at, quantization, samples, row * 8 * stride + column * 8, stride);
    }
  }
  return samples;
}
