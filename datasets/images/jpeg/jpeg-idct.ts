/** Constants of Loeffler, Ligtenberg and Moschytz's transform, times 2¹³. */
const [C0_298, C0_390, C0_541, C0_765, C0_899, C1_175] = [2446, 3196, 4433, 6270, 7373, 9633];
const [C1_501, C1_847, C1_961, C2_053, C2_562, C3_072] = [12299, 15137, 16069, 16819, 20995, 25172];
/** Fraction bits of the constants, and of the values between the two passes. */
const [CONSTANT_BITS, BETWEEN_BITS] = [13, 2];

const block = new Int32Array(64);

/**
 * The inverse cosine transform of a block in libjpeg's integer arithmetic (`jidctint.c`), which Pillow uses, so samples
 * are equal bit for bit.
 *
 * @param coefficients 64 from `at`
 * @param samples 8 rows from `out`, `stride` apart
 */
export function inverseDct(
  coefficients: Int16Array,
  at: number,
  quantization: Uint16Array,
  samples: Uint8ClampedArray,
  out: number,
  stride: number,
): void {
  for (let i = 0; i < 64; i++) block[i] = coefficients[at + i] * quantization[i];
  for (let x = 0; x < 8; x++) transform(x, 8, CONSTANT_BITS - BETWEEN_BITS);
  for (let y = 0; y < 64; y += 8) transform(y, 1, CONSTANT_BITS + BETWEEN_BITS + 3);
  for (let y = 0, i = 0; y < 8; y++) {
    for (let x = 0, o = out + y * stride; x < 8; x++) samples[o++] = block[i++] + 128;
  }
}

/** Transforms eight values of the block in place, and drops `bits` fraction bits. */
function transform(at: number, step: number, bits: number): void {
  const half = 1 << (bits - 1);
  const [i1, i2, i3, i4] = [at + step, at + 2 * step, at + 3 * step, at + 4 * step];
  const [i5, i6, i7] = [at + 5 * step, at + 6 * step, at + 7 * step];
  const [v0, v1, v2, v3, v4, v5, v6, v7] = [
    block[at],
    block[i1],
    block[i2],
    block[i3],
    block[i4],
    block[i5],
    block[i6],
    block[i7],
  ];
  const turned = (v2 + v6) * C0_541;
  const even2 = turned - v6 * C1_847;
  const even3 = turned + v2 * C0_765;
  const even0 = (v0 + v4) << CONSTANT_BITS;
  const even1 = (v0 - v4) << CONSTANT_BITS;
  const [e0, e1, e2, e3] = [even0 + even3, even1 + even2, even1 - even2, even0 - even3];
  const all = (v7 + v3 + v5 + v1) * C1_175;
  const z1 = (v7 + v1) * -C0_899;
  const z2 = (v5 + v3) * -C2_562;
  const z3 = (v7 + v3) * -C1_961 + all;
  const z4 = (v5 + v1) * -C0_390 + all;
  const o0 = v7 * C0_298 + z1 + z3;
  const o1 = v5 * C2_053 + z2 + z4;
  const o2 = v3 * C3_072 + z2 + z3;
  const o3 = v1 * C1_501 + z1 + z4;
  block[at] = (e0 + o3 + half) >> bits;
  block[i7] = (e0 - o3 + half) >> bits;
  block[i1] = (e1 + o2 + half) >> bits;
  block[i6] = (e1 - o2 + half) >> bits;
  block[i2] = (e2 + o1 + half) >> bits;
  block[i5] = (e2 - o1 + half) >> bits;
  block[i3] = (e3 + o0 + half) >> bits;
  block[i4] = (e3 - o0 + half) >> bits;
}
