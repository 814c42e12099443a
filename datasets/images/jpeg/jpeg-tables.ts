import { HuffmanTable } from './jpeg-huffman.ts';
import { ZIGZAG } from './jpeg-scan.ts';

/** Flag of AC tables. */
export const AC = 16;

/** Reads the tables of a segment, by their number and flag. */
export function readHuffmanTables(content: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= content.length; ) {
    const counts = content.subarray(at + 1, at + 17);
    const size = counts.reduce((sum, count) => sum + count, 0);
    tables.set(content[at] & 31, new HuffmanTable(counts, content.slice(at + 17, at + 17 + size)));
    at += 17 + size;
  }
}

/** Reads the tables of a segment, in natural order, by their number. */
export function readQuantizationTables(content: Uint8Array, tables: Map<number, Uint16Array>): void {
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
