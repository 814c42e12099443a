/** float16 → float32 for each of the 65,536 bit patterns, made on first use. */
let table: Float32Array | undefined;

function halfTable(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else table[bits] = sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
  }
  return table;
}

/** Converts IEEE 754 half precision to single, exactly. */
export function halfToFloat(halves: Uint16Array): Float32Array {
  const lookup = halfTable();
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = lookup[halves[i]];
  return floats;
}

/** bfloat16 is the upper half of a float32. */
export function bfloatToFloat(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

/**
 * Converts single precision to half as IEEE 754 and torch do: rounds to nearest, ties to even; overflow is infinite.
 */
export function floatToHalf(floats: Float32Array): Uint16Array {
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < halves.length; i++) {
    const word = words[i];
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      halves[i] = sign | 0x7e00; // NaN
    } else if (magnitude >= 0x477ff000) {
      halves[i] = sign | 0x7c00; // 65520 and above round to infinity
    } else if (magnitude >= 0x38800000) {
      const rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
      halves[i] = sign | ((rounded - 0x38000000) >> 13);
    } else {
      // Subnormal: a whole number of 2⁻²⁴.
      const scaled = Math.abs(floats[i]) * 2 ** 24;
      const floor = Math.floor(scaled);
      const rest = scaled - floor;
      halves[i] = sign | (floor + (rest > 0.5 || (rest === 0.5 && floor & 1) ? 1 : 0));
    }
  }
  return halves;
}
