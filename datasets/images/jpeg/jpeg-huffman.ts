/** Bits looked up at once; longer codes are rare. */
const LOOKUP_BITS = 9;

/** A table of Huffman codes (ITU T.81, annex C). */
export class HuffmanTable {
  /** By the next nine bits: length · 256 + value of the code they start with; 0 for a longer code. */
  readonly lookup = new Uint16Array(1 << LOOKUP_BITS);
  /** By length: the largest code, and the offset from a code to the index of its value. */
  readonly largest = new Int32Array(17).fill(-1);
  readonly offset = new Int32Array(17);
  readonly values: Uint8Array;

  /**
   * @param counts of codes of each length from 1 to 16
   * @throws Error when the counts are impossible
   */
  constructor(counts: Uint8Array, values: Uint8Array) {
    this.values = values;
    for (let length = 1, code = 0, first = 0; length <= 16; length++, code <<= 1) {
      const count = counts[length - 1];
      if (code + count > 1 << length || first + count > values.length)
        throw new Error('a Huffman table makes no sense');
      this.offset[length] = first - code;
      for (let i = 0; i < count; i++, code++, first++) {
        if (length > LOOKUP_BITS) continue;
        const shift = LOOKUP_BITS - length;
        this.lookup.fill((length << 8) | values[first], code << shift, (code + 1) << shift);
      }
      if (count) this.largest[length] = code - 1;
    }
  }
}

/** Reads the bits of a scan up to a marker; after it all bits are zero, as in libjpeg. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  #bits = 0;
  #count = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  #fill(): void {
    while (this.#count <= 24) {
      let byte = 0;
      if (this.#at < this.#end) {
        byte = this.#bytes[this.#at];
        if (byte !== 0xff) this.#at++;
        else if (this.#bytes[this.#at + 1] === 0) this.#at += 2;
        else byte = 0; // a marker, which is not consumed
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }

  /** Reads up to 16 bits. */
  read(count: number): number {
    if (count === 0) return 0;
    if (this.#count < count) this.#fill();
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  /** Reads a signed number of `count` bits (T.81, figure F.12). */
  readSigned(count: number): number {
    if (count === 0) return 0;
    const value = this.read(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /** The value of the next code; 0 when it is not in the table. */
  decode({ lookup, largest, offset, values }: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = lookup[(this.#bits >>> (this.#count - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)];
    if (entry !== 0) {
      this.#count -= entry >> 8;
      return entry & 255;
    }
    for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
      const code = (this.#bits >>> (this.#count - length)) & ((1 << length) - 1);
      if (code > largest[length]) continue;
      this.#count -= length;
      return values[code + offset[length]];
    }
    this.#count -= 16;
    return 0;
  }

  /** Continues after the next restart marker; without one only zeros are left. */
  restart(): void {
    this.#bits = 0;
    this.#count = 0;
    for (; this.#at + 1 < this.#end; this.#at++) {
      const code = this.#bytes[this.#at + 1];
      if (this.#bytes[this.#at] !== 0xff || code < 0xd0 || code > 0xd7) continue;
      this.#at += 2;
      return;
    }
  }
}
