/**
 * Pillow's `Image.blend(from, to, share)`: between two pictures, or beyond either, for a share outside of 0–1. Bytes are
 * cut off, not rounded, and what leaves 0–255 is clipped.
 */
export function blend(from: Uint8Array, to: Uint8Array, share: number): Uint8Array {
  if (share === 1) return to;
  const alpha = Math.fround(share);
  const out = new Uint8Array(to.length);
  for (let i = 0; i < to.length; i++) {
    // In 32-bit floats, as Pillow computes.
    const value = Math.fround(from[i] + Math.fround(alpha * (to[i] - from[i])));
    out[i] = Math.max(0, Math.min(value, 255));
  }
  return out;
}
